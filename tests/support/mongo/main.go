// A server for tests that speaks MongoDB's wire protocol: FerretDB over SQLite files, in a process of its own so that a
// test can kill it.
//
// What was acknowledged outlives that process, and not the machine: a sync of the disk for each write would bound it to
// some ten writes a second, where MongoDB syncs many at once.
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// Serves until standard input ends, which it does at the latest with the process that started this one.
func main() {
	if len(os.Args) != 3 {
		log.Fatalf("usage: %s HOST:PORT FOLDER", os.Args[0])
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: os.Args[1]},
		Handler:   "sqlite",
		SQLiteURL: "file:" + os.Args[2] + "/?_pragma=synchronous(normal)",
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
