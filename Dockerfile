# One image for both roles: `gateway …` and `worker …` are commands of the same program.
# Debian, not Alpine: the worker's native library (@temporalio/core-bridge) is built for glibc.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package that is built or run here needs its install script; one of them would download another Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The last line: Temporal's native library comes for five platforms, about 27 MB each.
RUN node scripts/build.mjs \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf dist/.tsbuildinfo \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name '*-linux-gnu' -exec rm -rf {} +

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
# Owned by root: the program cannot change itself, and it writes no file as long as the archive is in PostgreSQL.
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
USER node
EXPOSE 3000
# It handles SIGTERM itself and starts no children, so it may be process 1.
ENTRYPOINT ["node", "bin/convoke.mjs"]
CMD ["--help"]
