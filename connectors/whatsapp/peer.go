package whatsapp

import (
	"slices"

	"threadhub/normalize"
)

// isUserID tells a business-scoped user id ("US.1349…": a country, a dot and up
// to 128 alphanumerics, "US.ENT.…" for a parent) from a phone number. Such ids
// have been seen in fields that are meant for numbers.
func isUserID(s string) bool {
	return len(s) > 3 && s[2] == '.' && isUpper(s[0]) && isUpper(s[1])
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// isNumber tells a phone number as WhatsApp writes it: E.164 without the plus.
func isNumber(s string) bool {
	if len(s) < 5 || len(s) > 15 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// person describes somebody known by a business-scoped id, a number or both,
// with what the change's contacts tell about them. Either may be empty.
func (p *parser) person(userID, waID string) normalize.Peer {
	if userID == "" && isUserID(waID) {
		userID, waID = waID, ""
	}
	about := p.contact(userID, waID)
	if userID == "" {
		userID = about.UserID
	}
	peer := normalize.Peer{Name: about.Profile.Name, Username: about.Profile.Username}
	addNames(&peer, userID, waID, about.WaID)
	return peer
}

// addNames gives the peer its names: the first that is not empty is its id, the
// others are aliases.
func addNames(peer *normalize.Peer, ids ...string) {
	for _, s := range ids {
		id := normalize.PeerID(s)
		switch {
		case s == "" || id == peer.ID || slices.Contains(peer.Aliases, id):
			continue
		case peer.ID == "":
			peer.ID = id
		default:
			peer.Aliases = append(peer.Aliases, id)
		}
		if peer.Phone == "" && isNumber(s) {
			peer.Phone = "+" + s
		}
	}
}

// contact finds who is meant among the change's contacts: by id, since their
// order need not be that of the messages. Somebody without any id can only be
// the one who is there alone.
func (p *parser) contact(userID, waID string) contact {
	list := p.value.Contacts
	for _, c := range list {
		if (userID != "" && c.UserID == userID) || (waID != "" && c.WaID == waID) {
			return c
		}
	}
	if userID == "" && waID == "" && len(list) == 1 {
		return list[0]
	}
	return contact{}
}

// within puts a person into a group chat, where there is one: the group is the
// peer and the person the author.
func within(group string, person normalize.Peer) (normalize.Peer, *normalize.Author) {
	if group == "" {
		return person, nil
	}
	return normalize.Peer{ID: normalize.PeerID(group), Kind: normalize.PeerGroup},
		&normalize.Author{ID: person.ID, Name: person.Name}
}
