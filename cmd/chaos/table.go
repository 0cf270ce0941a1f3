package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"threadhub/internal/chaos"
)

// table prints what came of the parts, and is an error if a promise was broken.
func table(w io.Writer, results []chaos.Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\nrun\tkills\tdrained\tpromises")
	var err error
	for _, r := range results {
		kept := "kept"
		if r.Wrong != "" {
			kept, err = "BROKEN", errBroken
		}
		_, _ = fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", r.Name, r.Kills, r.Drained.Round(100*time.Millisecond), kept)
	}
	if e := t.Flush(); e != nil {
		return e
	}
	return err
}
