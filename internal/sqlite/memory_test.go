package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABlockIsOfTheSmallestClassThatHoldsIt(t *testing.T) {
	for n := uintptr(1); classOf(n) != direct; n++ {
		c := classOf(n)
		require.GreaterOrEqual(t, classSize(c), n)
		require.Zero(t, classSize(c)%blockHeader, "blocks are aligned")
		if c > 0 {
			require.Less(t, classSize(c-1), n)
		}
	}
	require.Equal(t, direct, classOf(classSize(classes-1)+1))
}
