package simulate

import (
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

func TestOptionsAreACommandLine(t *testing.T) {
	var o Options
	k, err := kong.New(&o, kong.Vars(FlagVariables()))
	require.NoError(t, err)
	_, err = k.Parse([]string{"--rate=3", "--channel", "kind=telegram,webhook=http://h/x?a=b,bot_token=1:a", "--channel", "kind=whatsapp,webhook=http://h/y"})
	require.NoError(t, err)
	require.InDelta(t, 3.0, o.Rate, 0)
	require.Equal(t, 20, o.Fill)
	require.Equal(t, []ChannelFlag{
		{Kind: "telegram", Webhook: "http://h/x?a=b", Values: map[string]string{"bot_token": "1:a"}},
		{Kind: "whatsapp", Webhook: "http://h/y", Values: map[string]string{}},
	}, o.Channels)

	var b Bare
	k, err = kong.New(&b)
	require.NoError(t, err)
	_, err = k.Parse([]string{"--kind=pigeon", "--secret=s"})
	require.Error(t, err)
}
