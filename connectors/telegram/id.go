package telegram

import (
	"strconv"
	"strings"

	"threadhub/normalize"
)

// callbackPrefix begins the PlatformID of a pressed button, which is no
// message of its own.
const callbackPrefix = "cb:"

// address is a chat, on a business connection or (empty) on the bot itself.
type address struct {
	chat       int64
	connection string
}

func (a address) suffix() string {
	if a.connection == "" {
		return ""
	}
	return "@" + a.connection
}

func (a address) peer() normalize.PeerID {
	return normalize.PeerID(strconv.FormatInt(a.chat, 10) + a.suffix())
}

func (a address) message(id int64) normalize.PlatformID {
	return normalize.PlatformID(strconv.FormatInt(a.chat, 10) + ":" + strconv.FormatInt(id, 10) + a.suffix())
}

func parsePeer(id normalize.PeerID) (address, bool) {
	chat, connection, marked := strings.Cut(string(id), "@")
	n, err := strconv.ParseInt(chat, 10, 64)
	if err != nil || n == 0 || marked && connection == "" {
		return address{}, false
	}
	return address{n, connection}, true
}

func parseMessage(id normalize.PlatformID) (address, int64, bool) {
	rest, connection, marked := strings.Cut(string(id), "@")
	chat, message, ok := strings.Cut(rest, ":")
	if !ok || marked && connection == "" {
		return address{}, 0, false
	}
	c, err := strconv.ParseInt(chat, 10, 64)
	if err != nil || c == 0 {
		return address{}, 0, false
	}
	m, err := strconv.ParseInt(message, 10, 64)
	if err != nil || m <= 0 {
		return address{}, 0, false
	}
	return address{c, connection}, m, true
}

func userID(id int64) normalize.PeerID {
	return normalize.PeerID(strconv.FormatInt(id, 10))
}
