// Reads the files of deploy/ with the code of the programs that they are for, without any of these programs running:
// kustomize and the types of Kubernetes, and the loader of Docker Compose. `deno task deploy-check` builds it.
//
//	deploy-check kubernetes FOLDER   prints what `kubectl apply -k` would send, as a list in JSON
//	deploy-check compose FILE        prints what `docker compose config` would, in JSON
//
// Exit code 1, with the reason on standard error, for what they would refuse: misspelt fields, wrong types, missing files.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if len(os.Args) != 3 {
		fail(errors.New("usage: deploy-check kubernetes FOLDER | compose FILE"))
	}
	var shown any
	var err error
	switch what, path := os.Args[1], os.Args[2]; what {
	case "kubernetes":
		shown, err = kubernetes(path)
	case "compose":
		shown, err = compose(path)
	default:
		err = fmt.Errorf("%s is neither kubernetes nor compose", what)
	}
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(shown); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// The objects of a kustomization, each read strictly by the types of its API: as a server does it, with
// --validate=strict.
func kubernetes(folder string) ([]map[string]any, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	strict := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme,
		serializer.SerializerOptions{Yaml: true, Strict: true})
	objects := []map[string]any{}
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		if _, _, err := strict.Decode(text, nil, nil); err != nil {
			return nil, fmt.Errorf("%s %s: %w", resource.GetKind(), resource.GetName(), err)
		}
		object, err := resource.Map()
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// A Compose file with its variables, checked against the schema of Compose and for what it refers to.
func compose(file string) (any, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv, cli.WithoutEnvironmentResolution)
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project, nil
}
