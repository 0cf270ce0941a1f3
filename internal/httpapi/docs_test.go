package httpapi_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePageOfTheDocumentHoldsWhatItPointsAt(t *testing.T) {
	h := newHub(t)
	a := h.do(request{method: http.MethodGet, path: "/docs"})
	links := regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(a.raw, -1)
	require.Greater(t, len(links), 500)
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(a.raw, -1) {
		require.False(t, ids[m[1]], "%s stands there twice", m[1])
		ids[m[1]] = true
	}
	for _, m := range links {
		require.True(t, ids[m[1]], "nothing is called %s", m[1])
	}
	script := regexp.MustCompile(`(?s)<script>(.*)</script>`).FindStringSubmatch(a.raw)
	require.Len(t, script, 2)
	require.Contains(t, a.header.Get("Content-Security-Policy"), "script-src 'sha256-"+base64Of(sha256Of(script[1]))+"'")
}

func TestThePageOfTheDocumentSaysWhatAnOperationTakesAndAnswers(t *testing.T) {
	h := newHub(t)
	raw := h.do(request{method: http.MethodGet, path: "/docs"}).raw
	for _, want := range []string{
		`<code class="name">Idempotency-Key</code>`,                                                           // a parameter that is referred to
		`<code class="name">up_to</code> <span class="type">string</span> <span class="must">required</span>`, // a field of a body without a name
		`<span class="type">array of <a href="#schema-WebchatMessage">WebchatMessage</a></span>`,
		`<a href="#schema-WebchatConversation">WebchatConversation</a> or null`,
		`<p>At least one of <code>text</code>, <code>attachment_ids</code>, `,
		`<code>application/problem&#43;json</code>`,
	} {
		require.Contains(t, raw, want)
	}
}
