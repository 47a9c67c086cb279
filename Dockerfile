# Homeostat as an image: built in one stage, run in another that holds Node, the program and what it needs, and nothing to build with.
# Any image with Node 20.19 or later and npm will do as the base; amd64 and arm64, since nothing in it is compiled.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/.cache

FROM ${NODE_IMAGE} AS run
# npm, yarn and corepack would only be of use to somebody who should not be there.
RUN rm -rf /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/corepack /opt/yarn* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && mkdir -p /etc/homeostat /var/lib/homeostat \
  && chown 10001:10001 /var/lib/homeostat
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
ENV NODE_ENV=production NO_COLOR=1
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
VOLUME /var/lib/homeostat
EXPOSE 7070
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7070/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run", "/etc/homeostat/homeostat.yaml", "--data", "/var/lib/homeostat"]
