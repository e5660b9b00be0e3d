// A broker of Kafka's protocol for the tests, and how far a consumer group is behind on it.
// It is not Apache Kafka: franz-go's stand-in for it, which keeps everything in memory.
//
//	kafka-broker serve TOPIC       on $POD_IP:9092, for the user `wings` with $PASSWORD
//	kafka-broker behind TOPIC N    lets the group `workers` be N records behind
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

const (
	partitions = 4
	group      = "workers"
	user       = "wings"
)

var (
	address  = net.JoinHostPort(os.Getenv("POD_IP"), "9092")
	password = os.Getenv("PASSWORD")
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "kafka-broker:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "serve":
		return serve(words[1])
	case len(words) == 3 && words[0] == "behind":
		count, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			return err
		}
		return leaveBehind(words[1], count)
	}
	return fmt.Errorf("serve TOPIC, or behind TOPIC N, not %q", words)
}

func serve(topic string) error {
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.SeedTopics(partitions, topic),
		kfake.EnableSASL(),
		kfake.Superuser("PLAIN", user, password),
		// Clients are told the address that it listens on, so it must be one that they can reach.
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return net.Listen(network, address) }),
	)
	if err != nil {
		return err
	}
	defer cluster.Close()
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGINT)
	<-ends
	return nil
}

// leaveBehind commits, in every partition, the end less that partition's share of count.
func leaveBehind(topic string, count int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(address),
		kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err := errors.Join(err, ends.Error()); err != nil {
		return err
	}
	committed := kadm.Offsets{}
	for partition := range int32(partitions) {
		share := (count + partitions - 1 - int64(partition)) / partitions
		end, _ := ends.Lookup(topic, partition)
		for ; end.Offset < share; end.Offset++ {
			record := &kgo.Record{Topic: topic, Partition: partition, Value: []byte("job")}
			if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
				return err
			}
		}
		committed.AddOffset(topic, partition, end.Offset-share, -1)
	}
	return admin.CommitAllOffsets(ctx, group, committed)
}
