package auth

import (
	"slices"
	"time"

	"threadhub/threads"
)

// Role says what a token is for.
type Role string

// Roles. Admins may do everything, agents work on conversations, integrations
// may do what their scopes say.
const (
	RoleAdmin       Role = "admin"
	RoleAgent       Role = "agent"
	RoleIntegration Role = "integration"
)

// Scope names a part of the API. The API document lists them.
type Scope string

// Scopes.
const (
	ScopeAgentsRead         Scope = "agents:read"
	ScopeAgentsWrite        Scope = "agents:write"
	ScopeChannelsRead       Scope = "channels:read"
	ScopeContactsRead       Scope = "contacts:read"
	ScopeContactsWrite      Scope = "contacts:write"
	ScopeConversationsRead  Scope = "conversations:read"
	ScopeConversationsWrite Scope = "conversations:write"
	ScopeEventsRead         Scope = "events:read"
	ScopeMessagesWrite      Scope = "messages:write"
	ScopeReportsRead        Scope = "reports:read"
	ScopeSettingsRead       Scope = "settings:read"
)

// Principal is an authenticated caller.
type Principal struct {
	TokenID string // of the token, or the id of the session
	Session string // the session's id for who signed in, empty for a token
	Name    string // of the agent the token acts as, otherwise of the token
	Role    Role
	AgentID threads.AgentID // empty when the token acts as no agent
	Scopes  []Scope
	// Channels and Groups limit what the caller may see; empty for all.
	Channels  []threads.ChannelID
	Groups    []threads.GroupID
	ExpiresAt time.Time // zero: never
}

// Admin tells whether the caller may do what only admins may. An admin token
// with scopes of its own may do no more than they say.
func (p Principal) Admin() bool { return p.Role == RoleAdmin && len(p.Scopes) == 0 }

// Allows tells whether the caller may use the part of the API. A token with
// scopes is bound by them whatever its role; an integration without any may
// use none.
func (p Principal) Allows(s Scope) bool {
	if len(p.Scopes) > 0 {
		return slices.Contains(p.Scopes, s)
	}
	return p.Role == RoleAdmin || p.Role == RoleAgent
}

// allScopes lists the parts of the API.
var allScopes = []Scope{
	ScopeAgentsRead, ScopeAgentsWrite, ScopeChannelsRead, ScopeContactsRead, ScopeContactsWrite, ScopeConversationsRead,
	ScopeConversationsWrite, ScopeEventsRead, ScopeMessagesWrite, ScopeReportsRead, ScopeSettingsRead,
}

// Permissions lists what the caller may do, in words: the scopes that it may
// use, and "admin" for who may do everything.
func (p Principal) Permissions() []string {
	list := []string{}
	if p.Admin() {
		list = append(list, string(RoleAdmin))
	}
	for _, s := range allScopes {
		if p.Allows(s) {
			list = append(list, string(s))
		}
	}
	return list
}

// narrowed is the principal of a token that acts as an agent: it may do and see
// no more than the agent.
func (p Principal) narrowed(a agentRecord) Principal {
	p.Name = a.Name
	if p.Role == RoleAdmin && a.Role != RoleAdmin {
		p.Role = RoleAgent
	}
	p.Channels = both(p.Channels, a.Limits.Channels)
	p.Groups = both(p.Groups, a.Limits.Groups)
	return p
}

// nothing is the id of no channel and of no group.
const nothing = "-"

// both is what two limits allow, of which an empty one is none.
func both[T ~string](a, b []T) []T {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	var list []T
	for _, v := range a {
		if slices.Contains(b, v) {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return []T{nothing} // an empty list would be no limit
	}
	return list
}

// OwnFigures tells whether the caller sees reports of its own work alone: an
// agent to whom nobody gave the scope for more.
func (p Principal) OwnFigures() bool { return p.Role == RoleAgent && len(p.Scopes) == 0 }

// Limited tells whether the caller sees only some channels or groups.
func (p Principal) Limited() bool { return len(p.Channels) > 0 || len(p.Groups) > 0 }

// SeesChannel tells whether the caller may see things of the channel.
func (p Principal) SeesChannel(id threads.ChannelID) bool {
	return len(p.Channels) == 0 || slices.Contains(p.Channels, id)
}

// SeesGroup tells whether the caller may see things of the group. Who is
// limited to groups does not see what belongs to none.
func (p Principal) SeesGroup(id threads.GroupID) bool {
	return len(p.Groups) == 0 || slices.Contains(p.Groups, id)
}

// Author is the caller as the author of messages and transitions: the agent
// that the token acts as, or the admin or agent behind a token without one. An
// integration that acts as nobody is the system: what it writes is not the
// reply of an agent.
func (p Principal) Author() threads.Author {
	if p.AgentID == "" && p.Role == RoleIntegration {
		return threads.Author{Type: threads.AuthorSystem, ID: p.TokenID, Name: p.Name}
	}
	return threads.Author{Type: threads.AuthorAgent, ID: string(p.AgentID), Name: p.Name}
}
