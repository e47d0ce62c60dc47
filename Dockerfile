# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS workspace
WORKDIR /app
RUN npm install --global pnpm@12
COPY . .

# The SPA is built with everything installed, the bundler's optional platform binding included; the image below takes the
# result alone. The server runs as it is written.
FROM workspace AS built
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    pnpm install --frozen-lockfile --filter @foyer/web... \
    && pnpm run build

FROM workspace AS bff-modules
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    pnpm install --prod --no-optional --frozen-lockfile --filter @foyer/bff... \
    && node scripts/link-peers.mjs
# sodium-native brings a build for every platform; the image runs on one.
RUN set -eu; \
    arch="$(node -p 'process.platform + "-" + process.arch')"; \
    find node_modules/.pnpm -type d -path '*/sodium-native/prebuilds/*' ! -name "$arch" -prune -exec rm -rf {} +; \
    mkdir -p /data; ln -s /data .data; \
    rm -rf apps/demo-api apps/dev apps/web packages/client packages/dev-provider packages/testkit tools; \
    install -d -o 65532 -g 65532 /app/.compiled
# Node keeps compiled code by its version and user: a start reads what the Node and the user of the image have compiled.
# Importing main.ts and run.ts starts nothing, and the provider is loaded by them later.
USER 65532:65532
RUN --mount=type=bind,from=gcr.io/distroless/nodejs24-debian13:nonroot,source=/nodejs,target=/nodejs \
    NODE_COMPILE_CACHE=/app/.compiled /nodejs/bin/node --eval "import('/app/apps/bff/src/main.ts'); import('/app/apps/bff/src/run.ts'); import('/app/packages/fastify/src/provider/provider-context.ts'); import('/app/packages/fastify/src/provider/steps.ts')"

FROM workspace AS provider-modules
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    pnpm install --prod --no-optional --frozen-lockfile --filter @foyer/dev-provider...
RUN rm -rf apps packages/client packages/fastify packages/testkit tools

FROM workspace AS demo-api-modules
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    pnpm install --prod --no-optional --frozen-lockfile --filter @foyer/demo-api...
RUN rm -rf apps/bff apps/dev apps/web packages tools

# The embedded provider: for trying things out, never for production.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS provider
WORKDIR /app
ENV HOST=0.0.0.0 PORT=3001
COPY --from=provider-modules /app /app
EXPOSE 3001
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s --start-interval=500ms --retries=3 \
    CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:3001/.well-known/openid-configuration').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["packages/dev-provider/src/main.ts"]

# The resource server that shows the API proxy.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS demo-api
WORKDIR /app
ENV HOST=0.0.0.0 PORT=4000
COPY --from=demo-api-modules /app /app
EXPOSE 4000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s --start-interval=500ms --retries=3 \
    CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:4000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["apps/demo-api/src/main.ts"]

FROM gcr.io/distroless/nodejs24-debian13:nonroot AS bff
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 NODE_COMPILE_CACHE=/app/.compiled
COPY --from=bff-modules /app /app
COPY --from=built /app/apps/web/dist /app/apps/web/dist
COPY --from=bff-modules --chown=65532:65532 /data /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s --start-interval=500ms --retries=3 \
    CMD ["/nodejs/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}${new URL(process.env.PUBLIC_URL || 'http://localhost').pathname.replace(/[/]$/, '')}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["apps/bff/src/main.ts"]
