package conntest

import (
	"fmt"
	"slices"

	"threadhub/connectors"
)

// streamed tells that a case came over a connection of the hub's own, which
// nobody signs.
func streamed(req *connectors.Request) bool {
	return len(req.Header.Values(connectors.StreamHeader)) > 0
}

// overHTTP are the requests that a platform signs.
func overHTTP(hooks []webhook) []webhook {
	return slices.DeleteFunc(slices.Clone(hooks), func(h webhook) bool { return streamed(h.req) })
}

// templates are one request of each way in which a platform delivers.
func templates(hooks []webhook) []*connectors.Request {
	all := []*connectors.Request{hooks[0].req}
	for _, h := range hooks {
		if streamed(h.req) != streamed(hooks[0].req) {
			return append(all, h.req)
		}
	}
	return all
}

// refuseStreamed wants whatever says that it came over a connection of the
// hub's own to be no webhook, however well it is signed.
func (b *bench) refuseStreamed(hooks []webhook) error {
	_, offers := b.conn.(connectors.Streamed)
	for _, h := range hooks {
		req := clone(h.req)
		if !streamed(req) {
			if !offers {
				continue
			}
			req.Header.Set(connectors.StreamHeader, "forged")
		}
		if err := b.refused(req, "a request with "+connectors.StreamHeader); err != nil {
			return fmt.Errorf("case in/%s: %w", h.name, err)
		}
	}
	return nil
}
