#!/bin/sh
# Tables of Temporal, at every start: creates what is missing and brings older ones to the version of this admin-tools image.
# The tool reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu
prepare() {
  temporal-sql-tool --db "$1" setup-schema -v 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}
prepare temporal temporal
prepare temporal_visibility visibility
