// Command pod-security reads pods as JSON, one after the other, from standard input and prints for
// each the strictest Pod Security level that admits it, as the cluster's own admission judges it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type verdict struct {
	Name      string   `json:"name"`
	Level     string   `json:"level"`
	Forbidden []string `json:"forbidden"`
}

func main() {
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pod-security:", err)
		os.Exit(1)
	}
}

func judge(in io.Reader, out io.Writer) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var pod corev1.Pod
		if err := decoder.Decode(&pod); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := encoder.Encode(level(evaluator, &pod)); err != nil {
			return err
		}
	}
}

// level is the strictest level that admits the pod, and what the next stricter one forbids.
func level(evaluator policy.Evaluator, pod *corev1.Pod) verdict {
	found := verdict{Name: pod.Name, Level: string(api.LevelPrivileged), Forbidden: []string{}}
	for _, level := range []api.Level{api.LevelRestricted, api.LevelBaseline} {
		wanted := api.LevelVersion{Level: level, Version: api.LatestVersion()}
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(wanted, &pod.ObjectMeta, &pod.Spec))
		if result.Allowed {
			found.Level = string(level)
			return found
		}
		found.Forbidden = result.ForbiddenReasons
	}
	return found
}
