# One executable on next to nothing: no shell, no package manager, not root.
#   docker build -t slimline .
#   docker run --env-file slimline.env -p 8080:8080 --stop-timeout 310 --read-only --cap-drop ALL \
#     --security-opt no-new-privileges -v slimline:/var/lib/slimline slimline
# A stop waits DRAIN_SECONDS (300) for calls to end; without --stop-timeout Docker kills them after ten.
#
# Both images are pinned by the digest of their index, for all architectures. To renew one:
#   docker buildx imagetools inspect gcr.io/distroless/cc-debian13:nonroot
FROM denoland/deno:2.9.6@sha256:2014dc167ece617ef7e7ba40631ac2234c59e75ce693e7cc2dc2602b3c87859d AS build
WORKDIR /build
COPY deno.json deno.lock main.ts ./
COPY build build
COPY src src
COPY businesses businesses
COPY examples examples
# Binds the program to certain hosts: docker build --build-arg NET="$(deno task --quiet network)" -t slimline .
ARG NET
# Traces of calls: docker build --build-arg OTEL_DENO=true. An executable collects what it was compiled to collect.
ARG OTEL_DENO
RUN deno task compile ${NET:+--allow-net="$NET"}
RUN mkdir -p /state/data
# The business files of the checkout, for platforms that mount no folder. A folder that is mounted takes their place.
COPY businesses /state/businesses

# glibc and libgcc, certificates, and the user nonroot (65532).
FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97
COPY --from=build /build/dist/slimline /usr/local/bin/slimline
COPY --from=build --chown=65532:65532 /state /var/lib/slimline
USER 65532:65532
# The program reads and writes files only below the directory that it is started in; nothing else need be writable.
WORKDIR /var/lib/slimline
VOLUME /var/lib/slimline
EXPOSE 8080
STOPSIGNAL SIGTERM
# The allocator gives back what a burst of calls took, instead of keeping up to 64 MB of it (src/cli/self.ts).
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=131072
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/usr/local/bin/slimline", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/slimline"]
CMD ["serve"]
