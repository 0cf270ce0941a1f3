package main

import (
	"context"
	"errors"
	"fmt"

	"threadhub/internal/app"
	"threadhub/internal/config"
	"threadhub/internal/httpapi"
)

// adminCommand is the way in on the hub's own machine when every other one is
// lost.
type adminCommand struct {
	List  adminListCommand `cmd:"" help:"List the admins and whether they can sign in."`
	Link  adminLinkCommand `cmd:"" help:"Make a link with which somebody sets their password. It works once; they are signed out everywhere."`
	Token tokenCommand     `cmd:"" help:"Make an admin token for the API."`
}

type adminListCommand struct{ config.Server }

func (c *adminListCommand) Run(ctx context.Context) error {
	return breakGlass(ctx, c.Server, func(b *app.BreakGlass) (string, error) { return b.Admins(ctx) })
}

type adminLinkCommand struct {
	config.Server
	Email  string `required:"" help:"E-mail address of the account."`
	Create bool   `help:"Make the account if there is none, and make it an admin's if it is not."`
	Name   string `help:"Name of an account that is made. Default: the e-mail address before the @."`
}

func (c *adminLinkCommand) Run(ctx context.Context) error {
	return breakGlass(ctx, c.Server, func(b *app.BreakGlass) (string, error) {
		link, err := b.Link(ctx, c.Email, c.Name, c.Create)
		return link + "\n", err
	})
}

// breakGlass does something straight in the store and prints what it says.
func breakGlass(ctx context.Context, cfg config.Server, do func(*app.BreakGlass) (string, error)) error {
	b, err := app.OpenBreakGlass(ctx, cfg)
	if err != nil {
		return err
	}
	text, err := do(b)
	if err = errors.Join(err, b.Close()); err != nil {
		return err
	}
	_, err = fmt.Print(text)
	return err
}

type rekeyCommand struct {
	config.Server
	Generate bool `help:"Make a new key first, in the data directory."`
}

func (c *rekeyCommand) Run(ctx context.Context) error {
	result, err := app.Rekey(ctx, c.Server, c.Generate)
	if errors.Is(err, httpapi.ErrKeyGiven) {
		return fmt.Errorf("%w: put the new key before the old one there (new,old) and leave --generate out", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%d secrets sealed anew, all are under key %s now\n", result.Resealed, result.Key)
	return err
}
