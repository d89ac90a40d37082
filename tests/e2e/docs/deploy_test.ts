import assert from "node:assert/strict";
import { type BlockPlace, testBlocks } from "./command_blocks.ts";

/** Kubernetes' own client, without a cluster: what is created is made and shown, what is applied is put together. */
const WITHOUT_CLUSTER = `kubectl() {
  if [[ " $* " == *" create "* ]]; then command kubectl "$@" --dry-run=client --output=name
  else command kubectl kustomize "\${@: -1}"; fi
}
`;
const KUBECTL = { kubectl: "https://kubernetes.io/docs/tasks/tools" };

testBlocks("deploy/", {
  "docker compose --env-file .env --file deploy/compose.yaml up --build --detach": {
    skip: hasCompose() ? undefined : "no docker compose",
    async run(place) {
      environment(place);
      const shell = place.start({ env: { DOCKER_HOST: `unix://${place.workshop.folder}/no-docker.sock` } });
      assert.notEqual(await shell.ends(), 0);
      assert.match(shell.written, /Cannot connect to the Docker daemon/);
    },
  },

  "fly apps create NAME": { never: "needs an account at Fly.io" },

  "kubectl create namespace slimline": {
    needs: KUBECTL,
    async run(place) {
      environment(place);
      const shell = place.start({ before: WITHOUT_CLUSTER });
      await shell.says(/^namespace\/slimline$/m);
      await shell.says(/^secret\/slimline$/m);
      await shell.says(/^configmap\/slimline-businesses$/m);
      await shell.says(/^kind: Deployment$/m);
      await shell.endsWell();
    },
  },

  "kubectl -n slimline apply -k deploy/kubernetes-fleet": {
    needs: KUBECTL,
    async run(place) {
      const shell = place.start({ before: WITHOUT_CLUSTER });
      await shell.says(/^kind: Deployment$/m);
      await shell.says(/^kind: HorizontalPodAutoscaler$/m);
      await shell.endsWell();
    },
  },

  "useradd --system --home-dir /var/lib/slimline --shell /usr/sbin/nologin slimline": {
    never: "changes the users and services of the machine",
  },
});

function hasCompose(): boolean {
  return new Deno.Command("bash", { args: ["-c", "docker compose version"], stdout: "null", stderr: "null" })
    .outputSync().success;
}

function environment(place: BlockPlace): void {
  place.write(
    "slimline/.env",
    "PUBLIC_URL=https://voice.example.com\nOPENAI_API_KEY=sk-none\nTWILIO_AUTH_TOKEN=none\nADMIN_TOKEN=none\n",
  );
}
