import assert from "node:assert/strict";
import { checkTest } from "../support/deploy_tools.ts";
import { TempFolder } from "../support/temp_folder.ts";

const FOLDER = "deploy/kubernetes";
const FLEET = "deploy/kubernetes-fleet";

// deno-lint-ignore no-explicit-any
type KubernetesObject = any;

checkTest("deploy/kubernetes is what Kubernetes takes: no field is unknown to it", async (check) => {
  const { code, stderr, stdout } = await check("kubernetes", FOLDER);
  assert.equal(code, 0, stderr);
  const objects: KubernetesObject[] = JSON.parse(stdout);
  assert.deepEqual(
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(),
    ["Deployment slimline", "Ingress slimline", "NetworkPolicy slimline", "Service slimline"],
  );
  const ofKind = (kind: string) => objects.find((object) => object.kind === kind);
  const { spec } = ofKind("Deployment").spec.template;
  const [container] = spec.containers;

  assert.match(container.image, /^registry\.example\.com\/slimline:/);
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    assert.match(container[probe].httpGet.path, /^\/(?:readyz|healthz)$/, probe);
  }
  assert.ok(container.resources.limits.memory && container.resources.requests.cpu);
  assert.equal(spec.securityContext.runAsNonRoot, true);
  assert.equal(spec.securityContext.runAsUser, 65532, "the user of the image");
  assert.equal(spec.automountServiceAccountToken, false);
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });

  const labels = ofKind("Deployment").spec.template.metadata.labels;
  for (
    const selector of [ofKind("Service").spec.selector, ofKind("NetworkPolicy").spec.podSelector.matchLabels]
  ) {
    assert.deepEqual(selector, labels);
  }
  const policy = ofKind("NetworkPolicy").spec;
  assert.deepEqual(policy.policyTypes, ["Ingress", "Egress"]);
  const blocks: { cidr: string; except: string[] }[] = policy.egress
    .flatMap(({ to }: KubernetesObject) => to.map(({ ipBlock }: KubernetesObject) => ipBlock))
    .filter((block: unknown) => block !== undefined);
  assert.ok(blocks.every(({ except }) => except.length > 0));
  assert.ok(blocks.some(({ except }) => except.includes("169.254.0.0/16")), "where clouds hand out keys");

  const paths = ofKind("Ingress").spec.rules[0].http.paths;
  assert.deepEqual(paths.map(({ path }: { path: string }) => path), ["/voice", "/media", "/healthz"]);
});

checkTest(
  "deploy/kubernetes-fleet is several of it that share limits and calls, and scale by them",
  async (check) => {
    const { code, stderr, stdout } = await check("kubernetes", FLEET);
    assert.equal(code, 0, stderr);
    const objects: KubernetesObject[] = JSON.parse(stdout);
    const ofKind = (kind: string) => objects.find((object) => object.kind === kind);
    const deployment = ofKind("Deployment");
    const [container] = deployment.spec.template.spec.containers;
    const env = Object.fromEntries(container.env.map(({ name, value }: KubernetesObject) => [name, value]));
    assert.deepEqual([env.CLUSTER, env.HOST, env.DRAIN_SECONDS], ["mongodb", "0.0.0.0", "300"]);
    assert.equal(container.readinessProbe.httpGet.path, "/readyz");
    assert.equal(container.readinessProbe.httpGet.port, "http");
    const { minReplicas, metrics, scaleTargetRef } = ofKind("HorizontalPodAutoscaler").spec;
    assert.equal(deployment.spec.replicas, minReplicas);
    assert.deepEqual([scaleTargetRef.kind, scaleTargetRef.name], ["Deployment", deployment.metadata.name]);
    const { name } = metrics[0].pods.metric;
    const rule = await Deno.readTextFile(`${FLEET}/autoscaler.yaml`);
    assert.ok(rule.includes(`name: { as: ${name} }`), "the adapter's rule makes the metric");
    const labels = deployment.spec.template.metadata.labels;
    assert.deepEqual(ofKind("PodDisruptionBudget").spec.selector.matchLabels, labels);
    const annotations = ofKind("Ingress").metadata.annotations;
    assert.match(annotations["nginx.ingress.kubernetes.io/proxy-next-upstream"], /http_503 non_idempotent/);
    assert.equal(
      annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"],
      "60",
      "and the rest of one instance",
    );
  },
);

checkTest("a misspelt field or a wrong type in deploy/kubernetes does not go unnoticed", async (check) => {
  using temp = new TempFolder();
  for await (const { name, isFile } of Deno.readDir(FOLDER)) {
    if (!isFile) continue;
    temp.write(name, await Deno.readTextFile(`${FOLDER}/${name}`));
  }
  const deployment = await Deno.readTextFile(`${FOLDER}/deployment.yaml`);
  const wrong: [string, string, RegExp][] = [
    ["readOnlyRootFilesystem", "readOnlyRootFileSystem", /unknown field ".*readOnlyRootFileSystem"/],
    ["replicas: 1", "replicas: one", /cannot unmarshal|json: /],
    ["periodSeconds: 5", "periodSecond: 5", /unknown field ".*periodSecond"/],
  ];
  for (const [right, mistake, said] of wrong) {
    assert.ok(deployment.includes(right), right);
    temp.write("deployment.yaml", deployment.replace(right, mistake));
    const { code, stderr } = await check("kubernetes", temp.path);
    assert.equal(code, 1, mistake);
    assert.match(stderr, said);
  }
});
