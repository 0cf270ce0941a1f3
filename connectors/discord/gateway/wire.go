package gateway

import (
	"encoding/json"
	"time"
)

// Operations (platforms/discord: Gateway essentials).
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opAcknowledged   = 11
)

// frame is what comes over the connection.
type frame struct {
	Op    int             `json:"op"`
	Event string          `json:"t"`
	Seq   int64           `json:"s"`
	Data  json.RawMessage `json:"d"`
}

// command is what goes over it.
type command struct {
	Op   int `json:"op"`
	Data any `json:"d"`
}

type identify struct {
	Token      string            `json:"token"`
	Intents    int               `json:"intents"`
	Properties map[string]string `json:"properties"`
	// Shard is the first of so many; direct messages come to the first alone.
	Shard [2]int `json:"shard"`
}

type resume struct {
	Token   string `json:"token"`
	Session string `json:"session_id"`
	Seq     int64  `json:"seq"`
}

// started is the data of READY.
type started struct {
	Session string `json:"session_id"`
	URL     string `json:"resume_gateway_url"`
}

// entrance is the answer to the call that says where the Gateway is.
type entrance struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  *struct {
		Remaining  int     `json:"remaining"`
		ResetAfter float64 `json:"reset_after"` // ms
	} `json:"session_start_limit"`
}

// direct is what is read of a message to know where it stands.
type direct struct {
	ID          string `json:"id"`
	ChannelID   string `json:"channel_id"`
	ChannelType *int   `json:"channel_type"`
	GuildID     string `json:"guild_id"`
}

// interval is the pause between heartbeats that hello names.
func interval(data json.RawMessage) time.Duration {
	var hello struct {
		Interval float64 `json:"heartbeat_interval"` // ms
	}
	if json.Unmarshal(data, &hello) != nil || !(hello.Interval >= 1 && hello.Interval < 1e7) {
		return 0
	}
	return time.Duration(hello.Interval * float64(time.Millisecond))
}
