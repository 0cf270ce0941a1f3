package routing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"threadhub/threads"
)

// Presence says whether an agent is there.
type Presence string

// Presences.
const (
	Online  Presence = "online"
	Away    Presence = "away"
	Offline Presence = "offline"
)

// Levels of a skill.
const (
	MinLevel = 1
	MaxLevel = 5
)

// maxSkill bounds the name of a skill, in characters.
const maxSkill = 100

// Skill is something an agent can do, and how well. Where a skill is asked for,
// the level is the least that will do.
type Skill struct {
	Name  string `json:"name"`
	Level int    `json:"level,omitempty"` // from MinLevel to MaxLevel; 0: MinLevel
}

// ParseSkill reads a skill as agents have it: "french", or "french:3". The
// error is for people.
func ParseSkill(s string) (Skill, error) {
	name, level, leveled := strings.Cut(s, ":")
	skill := Skill{Name: Canonical(name), Level: MinLevel}
	if leveled {
		var err error
		if skill.Level, err = strconv.Atoi(level); err != nil || skill.Level == 0 {
			return Skill{}, fmt.Errorf("the level of %q must be a number from %d to %d, as in %q", s, MinLevel, MaxLevel, "french:3")
		}
	}
	return skill, skill.Validate()
}

// Canonical is the form in which names of skills are compared.
func Canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Validate answers what is wrong with the skill, for people.
func (s Skill) Validate() error {
	switch {
	case s.Name == "" || utf8.RuneCountInString(s.Name) > maxSkill:
		return fmt.Errorf("a skill has a name of 1 to %d characters", maxSkill)
	case s.Level != 0 && (s.Level < MinLevel || s.Level > MaxLevel):
		return fmt.Errorf("the level of %q must be from %d to %d, not %d", s.Name, MinLevel, MaxLevel, s.Level)
	}
	return nil
}

// String is the skill as agents have it.
func (s Skill) String() string {
	if s.Level <= MinLevel {
		return s.Name
	}
	return s.Name + ":" + strconv.Itoa(s.Level)
}

// Agent is somebody who may get conversations.
type Agent struct {
	ID       threads.AgentID
	Presence Presence
	// Since is since when the presence is what it is.
	Since time.Time
	// Max is how many places they have; Load and Offers are those taken by their
	// own conversations and kept for what is offered to them.
	Max, Load, Offers int
	// kept is set when their spare places wait for a conversation that needs more
	// of them than there are: how many that one needs.
	kept   int
	Groups []threads.GroupID
	// Left are groups they are not in any more and whose conversations they
	// have yet to hand back.
	Left   []threads.GroupID
	Skills []Skill
	// Channels and Only limit what they may see: conversations of these
	// channels, and of these groups; empty: all.
	Channels []threads.ChannelID
	Only     []threads.GroupID
	LastAt   time.Time // when routing last gave them something
}

// Spare is how many places of the agent's are free; less than 0 when they hold
// too much.
func (a *Agent) Spare() int { return a.Max - a.Load - a.Offers }

// has tells whether the agent has the skill, well enough.
func (a *Agent) has(want Skill) bool {
	return slices.ContainsFunc(a.Skills, func(s Skill) bool {
		return s.Name == want.Name && max(s.Level, MinLevel) >= want.Level
	})
}

// lacks answers the first of the skills that the agent does not have.
func (a *Agent) lacks(want []Skill) (Skill, bool) {
	for _, s := range want {
		if !a.has(s) {
			return s, true
		}
	}
	return Skill{}, false
}

// count is how many of the skills the agent has.
func (a *Agent) count(want []Skill) int {
	n := 0
	for _, s := range want {
		if a.has(s) {
			n++
		}
	}
	return n
}

// in tells whether the agent belongs to one of the groups.
func (a *Agent) in(groups []threads.GroupID) bool {
	return slices.ContainsFunc(a.Groups, func(g threads.GroupID) bool { return slices.Contains(groups, g) })
}
