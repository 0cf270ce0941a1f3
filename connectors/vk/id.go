package vk

import (
	"strconv"
	"strings"

	"threadhub/normalize"
)

// Group chats have the ids above chatBase, communities negative ones.
const chatBase = 2_000_000_000

// pressPrefix begins the PlatformID of a pressed callback button, which is no
// message of its own.
const pressPrefix = "evt:"

func number(n int64) string { return strconv.FormatInt(n, 10) }

func peerID(id int64) normalize.PeerID { return normalize.PeerID(number(id)) }

func parsePeer(id normalize.PeerID) (int64, bool) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	// A telephone number with its plus sign is nobody's id.
	return n, err == nil && n != 0 && peerID(n) == id
}

// messageID is a message's name: its number in the conversation or, where VK
// tells none, its number in the community, marked by m. The latter is 0 in chats
// where the community has few rights.
func messageID(peer, inConversation, inCommunity int64) normalize.PlatformID {
	if inConversation > 0 {
		return normalize.PlatformID(number(peer) + ":" + number(inConversation))
	}
	if inCommunity > 0 {
		return normalize.PlatformID(number(peer) + ":m" + number(inCommunity))
	}
	return ""
}

// parseMessage takes a message's name apart; one of the numbers is 0.
func parseMessage(id normalize.PlatformID) (peer, inConversation, inCommunity int64, ok bool) {
	first, rest, found := strings.Cut(string(id), ":")
	peer, err := strconv.ParseInt(first, 10, 64)
	if !found || err != nil || peer == 0 {
		return 0, 0, 0, false
	}
	digits, marked := strings.CutPrefix(rest, "m")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, 0, 0, false
	}
	if marked {
		return peer, 0, n, true
	}
	return peer, n, 0, true
}
