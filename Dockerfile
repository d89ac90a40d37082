# One executable on a plain Debian:
#   docker build -t slimline .
#   docker run --env-file slimline.env -p 8080:8080 --stop-timeout 310 slimline
# A stop waits DRAIN_SECONDS (300) for calls to end; without --stop-timeout Docker kills them after ten.
FROM denoland/deno:2.9.6 AS build
WORKDIR /build
COPY deno.json deno.lock main.ts ./
COPY build build
COPY src src
RUN deno task compile

# Not distroless: the server reads the memory of its process by `cat`.
FROM debian:13.1-slim
RUN useradd --uid 10001 --home-dir /var/lib/slimline --create-home --shell /usr/sbin/nologin slimline
COPY --from=build /build/dist/slimline /usr/local/bin/slimline
USER 10001:10001
# The program reads and writes files only below the directory that it is started in.
WORKDIR /var/lib/slimline
EXPOSE 8080
STOPSIGNAL SIGTERM
# The allocator gives back what a burst of calls took, instead of keeping up to 64 MB of it (src/cli/self.ts).
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["slimline", "healthcheck"]
ENTRYPOINT ["slimline"]
CMD ["serve"]
