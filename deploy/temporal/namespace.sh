#!/bin/sh
# The namespace and its search attributes, at every start: what is there already stays as it is.
# The CLI reads TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE. RETENTION: how long Temporal keeps closed sessions; their text is in the archive.
set -eu

# Runs a command until it succeeds: a new server, namespace or attribute is known everywhere only after some seconds.
patiently() {
  tries=60
  until said=$("$@" 2>&1); do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
      echo "failed for a minute: $*: $said" >&2
      exit 1
    fi
    sleep 1
  done
}

patiently temporal operator cluster health
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  patiently temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi
for attribute in ConvokeTenant ConvokeSession ConvokeTeam ConvokeStatus ConvokeParent; do
  patiently temporal operator search-attribute create --name "$attribute" --type Keyword
done
for attribute in ConvokeTenant ConvokeSession ConvokeTeam ConvokeStatus ConvokeParent; do
  patiently temporal workflow list --limit 1 --query "$attribute = '-'"
done
echo "namespace $TEMPORAL_NAMESPACE is ready"
