#!/bin/sh
# Runs once, when the volume of PostgreSQL is empty. Temporal and the archive each have a role and databases that the other cannot open.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc \
  -v ON_ERROR_STOP=1 -v temporal="$TEMPORAL_DB_PASSWORD" -v convoke="$CONVOKE_DB_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE ROLE convoke LOGIN PASSWORD :'convoke';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE convoke OWNER convoke;
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, convoke FROM PUBLIC;
SQL
