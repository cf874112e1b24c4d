"""An agent in Python: a small server that speaks OpenAI's streamed chat completions. Standard library only.

    python3 server.py 9000
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked = {}  # session -> how many steps it has asked for
done = {}  # idempotency key -> what was answered: a repeated step has its effect once


class Agent(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        session, key = self.headers["Convoke-Session"], self.headers["Idempotency-Key"]
        if key not in done:
            asked[session] = asked.get(session, 0) + 1
            said = body["messages"][-1]["content"]
            done[key] = f"You said {said!r}. I have answered {asked[session]} times in this session."
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in done[key].split(" "):
            self.send({"choices": [{"delta": {"content": word + " "}}]})
        self.send({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def send(self, chunk):
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Agent)
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()
