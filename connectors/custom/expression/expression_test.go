package expression_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/connectors/custom/expression"
)

func newScope(t testing.TB) *expression.Scope {
	t.Helper()
	s, err := expression.NewScope(
		expression.Variable{Name: "body"}, expression.Variable{Name: "item"},
		expression.Variable{Name: "headers", Type: expression.Texts},
		expression.Variable{Name: "resp", Type: expression.Object, Fields: []string{"status", "body"}},
		expression.Variable{Name: "secrets", Type: expression.Texts, Literal: true},
	)
	require.NoError(t, err)
	return s
}
