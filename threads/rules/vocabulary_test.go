package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheVocabularyIsWhatIsTaken asks for every field with every operator, in
// both kinds of rule.
func TestTheVocabularyIsWhatIsTaken(t *testing.T) {
	everyOp := []Op{Is, IsNot, Includes, Excludes, Contains, NotContains, Matches, AtLeast, LessThan, Present, Absent, Changed, ChangedTo, ChangedFrom, Open, Closed}
	terms := Terms()
	require.Len(t, terms, len(fields))
	for _, term := range terms {
		require.NotEmpty(t, term.Sort, term.Field)
		require.NotEmpty(t, term.Trigger, term.Field)
		for _, kind := range []Kind{Trigger, Automation} {
			said := term.Trigger
			if kind == Automation {
				said = term.Automation
			}
			for _, op := range everyOp {
				refused := slices.ContainsFunc(Rule{Kind: kind, All: []Condition{{Field: term.Field, Op: op}}}.Check(), func(p Problem) bool {
					return strings.HasSuffix(p.Field, "].field") || strings.HasSuffix(p.Field, "].operator")
				})
				require.Equal(t, refused, !slices.Contains(said, op), "%s %s in a %s", term.Field, op, kind)
			}
		}
	}
	for _, a := range ActionTypes {
		require.NotEmpty(t, a.Takes(), a)
	}
}
