package main

import (
	"context"
	"fmt"
	"os"

	"threadhub/api"
	"threadhub/internal/app"
	"threadhub/internal/config"
)

type serveCommand struct{ config.Server }

func (c *serveCommand) Run(ctx context.Context) error {
	return start(ctx, c.Server, app.RoleAll)
}

type apiCommand struct{ config.Server }

func (c *apiCommand) Run(ctx context.Context) error {
	if err := c.Shared("api"); err != nil {
		return err
	}
	return start(ctx, c.Server, app.RoleAPI)
}

type workerCommand struct{ config.Server }

func (c *workerCommand) Run(ctx context.Context) error {
	if err := c.Shared("worker"); err != nil {
		return err
	}
	return start(ctx, c.Server, app.RoleWorker)
}

func start(ctx context.Context, cfg config.Server, role app.Role) error {
	hub, err := app.New(ctx, app.Options{Config: cfg, Role: role, Logger: cfg.Logger(os.Stderr), Version: version})
	if err != nil {
		return err
	}
	if t := hub.FirstToken(); t != "" {
		fmt.Printf("This hub's first admin token, shown only now:\n\n  %s\n\n", t)
	}
	return hub.Run(ctx)
}

type tokenCommand struct {
	config.Server
	Name string `default:"made on the host" help:"What the token is for."`
}

func (c *tokenCommand) Run(ctx context.Context) error {
	return breakGlass(ctx, c.Server, func(b *app.BreakGlass) (string, error) {
		token, err := b.Token(ctx, c.Name)
		return token + "\n", err
	})
}

type migrateCommand struct {
	config.Server
	BeginJournal bool `help:"Begin the embedded store's journal anew, if that file is gone: webhooks that were accepted and not worked are lost, all else is there."`
}

func (c *migrateCommand) Run(ctx context.Context) error {
	if err := app.Migrate(ctx, c.Server, c.BeginJournal); err != nil {
		return err
	}
	_, err := fmt.Println("the store is up to date")
	return err
}

type benchFillCommand struct {
	config.Server
	app.FillOptions
}

func (c *benchFillCommand) Run(ctx context.Context) error {
	if err := app.Fill(ctx, c.Server, c.FillOptions); err != nil {
		return err
	}
	_, err := fmt.Println("the store is filled")
	return err
}

type openAPICommand struct{}

func (openAPICommand) Run() error {
	doc, err := api.DocumentJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(doc, '\n'))
	return err
}
