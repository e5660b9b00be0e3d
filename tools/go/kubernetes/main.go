// Command kubernetes is the parts of a Kubernetes as one program: it runs the one that it is called as.
// Upstream links each of them by itself, from the same packages. kubectl is not among them: it starts
// for each call, and takes twice as long with the packages of all.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // for CronJobs

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	"sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

// A part's command is made only to run it: two of them would register the same flags.
var parts = map[string]func() int{
	"etcd":                    func() int { etcdmain.Main(os.Args); return 0 },
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllers.NewControllerManagerCommand()) },
	"kube-proxy":              func() int { return cli.Run(proxy.NewProxyCommand()) },
	"kube-scheduler":          func() int { return cli.Run(scheduler.NewSchedulerCommand()) },
	"kubelet":                 func() int { return cli.Run(kubelet.NewKubeletCommand(context.Background())) },
	"kwok":                    runKwok,
}

func main() {
	name := filepath.Base(os.Args[0])
	run, known := parts[name]
	if !known {
		fmt.Fprintf(os.Stderr, "no part of Kubernetes is called %q\n", name)
		os.Exit(2)
	}
	os.Exit(run())
}

// runKwok runs kwok's command with the flags that kwok shares with its other commands.
func runKwok() int {
	shared := pflag.NewFlagSet("shared", pflag.ContinueOnError)
	shared.ParseErrorsAllowlist.UnknownFlags = true
	shared.Usage = func() {}
	ctx, logger := log.InitFlags(signals.SetupSignalContext(), shared)
	ctx, err := config.InitFlags(ctx, shared)
	if err != nil {
		logger.Error("Flags", "err", err)
		return 1
	}
	command := kwok.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(shared)
	if err := command.ExecuteContext(ctx); err != nil {
		logger.Error("End", "err", err)
		return 1
	}
	return 0
}
