package conntest

import (
	"errors"
	"fmt"
	"slices"

	"threadhub/connectors"
	"threadhub/normalize"
)

// local is the connector, if its peers read at the hub what is written to them.
func (b *bench) local() connectors.Local {
	l, _ := b.conn.(connectors.Local)
	return l
}

// stored wants ids for a message that its peer reads at the hub, the same ones
// each time, and no call for it.
func stored(l connectors.Local, out *normalize.Outbound) error {
	ids := l.Stored(out)
	if len(ids) == 0 || slices.Contains(ids, "") {
		return errors.New("a stored message without an id")
	}
	if !slices.Equal(ids, l.Stored(out)) {
		return errors.New("a stored message has other ids the second time")
	}
	call, err := l.(connectors.Connector).Next(out, nil)
	if call != nil || err != nil {
		return fmt.Errorf("a message that is read at the hub has a call (%v) or an error: %w", call, err)
	}
	return nil
}
