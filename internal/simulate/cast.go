package simulate

import (
	"cmp"
	_ "embed" // the cast is a file
	"fmt"
	"strings"
)

//go:embed cast.txt
var castFile string

// Customer is an invented person. The same ones write in every run, so that a
// hub that kept its data sees them come back.
type Customer struct {
	Index    int // in the cast
	Lang     string
	First    string
	Last     string
	Username string // empty for none
}

// Name is the customer's full name.
func (c Customer) Name() string { return c.First + " " + c.Last }

// Cast is everybody there is.
func Cast() []Customer {
	var cast []Customer
	for line := range strings.Lines(castFile) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 4 || strings.HasPrefix(f[0], "#") {
			continue
		}
		c := Customer{Index: len(cast), Lang: f[0], First: f[1], Last: f[2], Username: f[3]}
		if c.Username == "-" {
			c.Username = ""
		}
		cast = append(cast, c)
	}
	return cast
}

// phone is a number that its country's regulator has set aside for fiction, or
// one of North America's 555-01xx; digits only, as WhatsApp writes them.
func (c Customer) phone() string {
	switch c.Lang {
	case "en":
		return fmt.Sprintf("447700900%03d", 100+c.Index)
	case "fr":
		return fmt.Sprintf("336399800%02d", c.Index%100)
	case "de":
		return fmt.Sprintf("491713920%03d", c.Index%100)
	default:
		return fmt.Sprintf("120255501%02d", c.Index%100)
	}
}

// handle is a public name on platforms where everybody has one.
func (c Customer) handle() string {
	return cmp.Or(c.Username, fmt.Sprintf("guest.%d", 1000+c.Index))
}
