package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPatternsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		wrong   string
	}{
		"a plain one":                  {`(?i)\border\b`, ""},
		"as long as may be":            {strings.Repeat("a", maxPattern), ""},
		"too long":                     {strings.Repeat("a", maxPattern+1), "longer than 500 bytes"},
		"not closed":                   {`(a`, "RE2"},
		"what RE2 leaves out":          {`(?=a)`, "RE2"},
		"repeats of repeats":           {`((a{30}){30}){30}`, "RE2"},
		"many steps in a few letters":  {`(abcd){900}`, "too costly"},
		"a class of many repetitions":  {`[\p{L}\d]{1,1000}x{1000}`, "too costly"},
		"what would blow up elsewhere": {`^(a+)+$`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			re, err := ParsePattern(c.pattern)
			if c.wrong != "" {
				require.ErrorContains(t, err, c.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.pattern, re.String())
		})
	}
}
