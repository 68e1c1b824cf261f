# One build, two images: `api` (no TensorFlow) and `worker`.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/build.js && npm prune --omit=dev

FROM node:22-bookworm-slim AS runtime
ENV NODE_ENV=production DISTILLERY_CACHE=/var/cache/distillery
WORKDIR /app
COPY --from=build --chown=node:node /app/package.json ./
COPY --from=build --chown=node:node /app/node_modules ./node_modules
COPY --from=build --chown=node:node /app/dist ./dist
COPY --from=build --chown=node:node /app/apps/cli/bin ./apps/cli/bin
COPY --from=build --chown=node:node /app/examples ./examples
RUN mkdir -p /var/cache/distillery && chown node:node /var/cache/distillery

FROM runtime AS api
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD node -e "fetch('http://127.0.0.1:3000/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
CMD ["node", "apps/cli/bin/distillery.js", "api"]

FROM runtime AS worker
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip g++ && rm -rf /var/lib/apt/lists/*
USER node
RUN node apps/cli/bin/distillery.js engine install
VOLUME /var/cache/distillery
CMD ["node", "apps/cli/bin/distillery.js", "worker"]
