package browsertest_test

import (
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// axe finds what keeps people with disabilities out of a page (axe-core, MPL
// 2.0; make console copies it here).
//
//go:embed testdata/axe/axe.min.js
var axe string

// finding is a rule of axe that the page breaks.
type finding struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// audit requires that axe finds nothing in the page, in either theme.
func (p *tab) audit(what string) {
	p.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		p.theme(theme)
		js[bool](p, axe+"; true")
		// Rules of WCAG 2.2 AA and what axe holds good practice.
		raw := js[string](p, `axe.run({resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations))`)
		var found []finding
		require.NoError(p.t, json.Unmarshal([]byte(raw), &found))
		for _, f := range found {
			p.t.Errorf("%s (%s): %s, %s: %s", what, theme, f.Impact, f.ID, f.Help)
			for i, n := range f.Nodes {
				if i < 3 {
					p.t.Logf("  %s\n  %s", n.HTML, n.Summary)
				}
			}
		}
	}
	p.theme("light")
}

func TestAxeFindsWhatIsWrong(t *testing.T) {
	p := newProfile(t)
	js[bool](p, `document.body.innerHTML = "<img src='data:,'>", true`)
	js[bool](p, axe+"; true")
	require.NotZero(t, js[int](p, `axe.run().then((r) => r.violations.length)`))
}
