#!/bin/sh
# The namespace and its search attributes, at every start: what is there already stays as it is.
# The CLI reads TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE. RETENTION: how long Temporal keeps closed sessions; their text is in the archive.
set -eu
until temporal operator cluster health >/dev/null 2>&1; do
  echo "Temporal at $TEMPORAL_ADDRESS does not answer yet"
  sleep 2
done
if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi
for attribute in ConvokeTenant ConvokeSession ConvokeTeam ConvokeStatus; do
  temporal operator search-attribute create --name "$attribute" --type Keyword
done
# Servers learn of them with a delay, and refuse sessions until then.
until temporal workflow list --limit 1 --query "ConvokeTenant = '-' AND ConvokeSession = '-' AND ConvokeTeam = '-' AND ConvokeStatus = '-'" >/dev/null 2>&1; do
  echo "the search attributes are not known everywhere yet"
  sleep 1
done
echo "namespace $TEMPORAL_NAMESPACE is ready"
