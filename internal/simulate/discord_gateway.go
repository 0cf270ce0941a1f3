package simulate

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// gateway is Discord's end of the connection over which a bot hears of direct
// messages (platforms/discord: Gateway essentials): one session, whose events
// are kept for whoever resumes it.
type gateway struct {
	token, bot string

	mu      sync.Mutex
	where   string
	session int      // how often one was begun
	events  [][]byte // of the session; the number of the first is 2
	open    map[*websocket.Conn]bool
	closed  bool
}

// gatewayWrite is how long a bot may take to read an event.
const gatewayWrite = 5 * time.Second

// gatewayKeeps is how many events a session can be resumed over.
const gatewayKeeps = 10_000

func newGateway(token, bot string) *gateway {
	return &gateway{token: token, bot: bot, open: map[*websocket.Conn]bool{}}
}

// moved notes where the bot was told to connect.
func (g *gateway) moved(where string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.where = where
}

// send keeps an event and sends it to whoever is connected; false: no bot has
// begun a session yet, and the event is gone.
func (g *gateway) send(event string, data map[string]any) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.session == 0 || len(g.events) >= gatewayKeeps {
		return false
	}
	raw := encode(map[string]any{"op": 0, "t": event, "s": len(g.events) + 2, "d": data})
	g.events = append(g.events, raw)
	for conn := range g.open {
		g.write(conn, raw)
	}
	return true
}

func (g *gateway) write(conn *websocket.Conn, raw []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), gatewayWrite)
	defer cancel()
	_ = conn.Write(ctx, websocket.MessageText, raw) // a connection that is gone is found by its reader
}

// serve talks to one connection to its end.
func (g *gateway) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() {
		g.mu.Lock()
		delete(g.open, conn)
		g.mu.Unlock()
		_ = conn.CloseNow()
	}()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return
	}
	g.write(conn, []byte(`{"op":10,"d":{"heartbeat_interval":41250}}`))
	g.mu.Unlock()
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil || !g.take(conn, raw) {
			return
		}
	}
}

// take answers a command; false ends the connection.
func (g *gateway) take(conn *websocket.Conn, raw []byte) bool {
	var c struct {
		Op   int `json:"op"`
		Data struct {
			Token   string `json:"token"`
			Session string `json:"session_id"`
			Seq     int    `json:"seq"`
		} `json:"d"`
	}
	_ = json.Unmarshal(raw, &c) // the data of a heartbeat is a number
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	switch c.Op {
	case 1:
		g.write(conn, []byte(`{"op":11}`))
	case 2:
		if c.Data.Token != g.token {
			go func() { _ = conn.Close(4004, "Authentication failed.") }()
			return false
		}
		g.begin(conn)
	case 6:
		if c.Data.Token != g.token || c.Data.Session != g.name() || c.Data.Seq > len(g.events)+1 {
			g.write(conn, []byte(`{"op":9,"d":false}`))
			return true
		}
		for _, event := range g.events[max(c.Data.Seq-1, 0):] {
			g.write(conn, event)
		}
		g.write(conn, encode(map[string]any{"op": 0, "t": "RESUMED", "s": len(g.events) + 1, "d": map[string]any{}}))
		g.open[conn] = true
	}
	return true
}

func (g *gateway) name() string { return "demo-session-" + strconv.Itoa(g.session) }

// begin starts a session, which is all about what comes from now on.
func (g *gateway) begin(conn *websocket.Conn) {
	g.session++
	g.events = nil
	g.write(conn, encode(map[string]any{"op": 0, "t": "READY", "s": 1, "d": map[string]any{
		"v": 10, "session_id": g.name(), "resume_gateway_url": g.where, "user": map[string]any{"id": g.bot, "bot": true, "username": "demo-shop"},
	}}))
	g.open = map[*websocket.Conn]bool{conn: true}
}

// close ends all connections.
func (g *gateway) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for conn := range g.open {
		_ = conn.CloseNow()
	}
}
