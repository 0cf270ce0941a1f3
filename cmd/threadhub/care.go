package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"threadhub/internal/app"
	"threadhub/internal/config"
)

type checkConfigCommand struct{ config.Server }

func (c *checkConfigCommand) Run() error {
	var told []app.Finding
	for _, f := range app.CheckConfig(c.Server) {
		if f.Level != app.LevelGood {
			told = append(told, f)
		}
	}
	bad, _ := show(os.Stdout, told)
	if bad > 0 {
		return errors.New("the configuration cannot be used")
	}
	_, err := fmt.Println("the configuration can be used")
	return err
}

// doctorCommand looks at everything a hub needs.
type doctorCommand struct {
	config.Server
	Strict bool `help:"Fail on warnings too."`
}

func (c *doctorCommand) Run(ctx context.Context) error {
	bad, warned := show(os.Stdout, app.Diagnose(ctx, c.Server, time.Now()))
	if bad > 0 || c.Strict && warned > 0 {
		return fmt.Errorf("%d problems, %d warnings", bad, warned)
	}
	_, err := fmt.Printf("no problems, %d warnings\n", warned)
	return err
}

// show writes findings and answers how many problems and warnings there are.
func show(w io.Writer, list []app.Finding) (bad, warned int) {
	for _, f := range list {
		fmt.Fprintf(w, "%-8s %-15s %s\n", f.Level, f.What, f.Text)
		if f.Remedy != "" {
			fmt.Fprintf(w, "%-8s %-15s -> %s\n", "", "", f.Remedy)
		}
		switch f.Level {
		case app.LevelBad:
			bad++
		case app.LevelWarn:
			warned++
		}
	}
	return bad, warned
}

// backupCommand copies the embedded store while the hub runs.
type backupCommand struct {
	config.Server
	To string `required:"" placeholder:"FILE" help:"File to write, or a directory for one that is called after the time."`
}

func (c *backupCommand) Run(ctx context.Context) error {
	report, err := app.Backup(ctx, c.Server, version, c.To)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%s: %d bytes, sealed with master key %s\nKeep that key, and keep it elsewhere: without it nobody can open the backup.\n", report.Path, report.Bytes, report.Key)
	if err == nil && c.FilesInBucket() {
		_, err = fmt.Printf("Files of messages are not in it: they are in bucket %s.\n", c.MediaS3Bucket)
	}
	return err
}

// restoreCommand makes a data directory from a backup.
type restoreCommand struct {
	config.Server
	From        string `required:"" placeholder:"FILE" help:"The backup."`
	SendWaiting bool   `help:"Send what waited to leave when the backup was made. Without it those messages are shown as of unknown outcome, since they may have left since."`
}

func (c *restoreCommand) Run(ctx context.Context) error {
	report, err := app.Restore(ctx, c.Server, c.From, c.SendWaiting)
	if err != nil {
		return err
	}
	fmt.Printf("restored: everything that was accepted before %s, made by version %s\n", report.At.Format(time.RFC3339), report.Hub)
	if report.Held > 0 {
		fmt.Printf("%d messages waited to leave then; they may have left since and will be shown as of unknown outcome (GET /v1/dead-letters)\n", report.Held)
	}
	return nil
}
