package threads

import "time"

// RoutingOutcome says what routing did with a conversation.
type RoutingOutcome string

// Outcomes.
const (
	RoutedOffered  RoutingOutcome = "offered"
	RoutedAssigned RoutingOutcome = "assigned"
	RoutedNobody   RoutingOutcome = "nobody" // it waits on; such decisions are not stored

	// What became of an offer.
	OfferAccepted  RoutingOutcome = "accepted"
	OfferDeclined  RoutingOutcome = "declined"
	OfferTimedOut  RoutingOutcome = "timed_out"
	OfferWithdrawn RoutingOutcome = "withdrawn"
)

// Gives tells whether the outcome is something that an agent got.
func (o RoutingOutcome) Gives() bool { return o == RoutedOffered || o == RoutedAssigned }

// RoutingWhy says why an agent was chosen, or why nobody was: a closed set.
type RoutingWhy string

// Why an agent was chosen, and why nobody was.
const (
	WhyPrevious    RoutingWhy = "previous_agent" // had the conversation, or the contact's last one
	WhySpare       RoutingWhy = "most_spare"
	WhyPercent     RoutingWhy = "most_spare_percent"
	WhyRoundRobin  RoutingWhy = "round_robin"
	WhyOnly        RoutingWhy = "only_candidate"
	WhyNobodyThere RoutingWhy = "nobody_online" // of those who could serve it
	WhyAllFull     RoutingWhy = "everybody_full"
	WhyNoSkill     RoutingWhy = "nobody_with_the_skill"
	WhyNoGroup     RoutingWhy = "nobody_in_the_group"
	WhyPreferring  RoutingWhy = "waits_for_preferred_skill"
	WhyPassed      RoutingWhy = "everybody_passed" // declined it or let the offer time out just now
	WhyManual      RoutingWhy = "manual"           // agents pick for themselves
	WhyOfferOut    RoutingWhy = "offered"          // somebody is being asked
	WhyNoAgents    RoutingWhy = "no_agents"        // nobody at all may serve it
	WhyBeingRouted RoutingWhy = "being_routed"     // somebody is free: it is given in a moment
	WhyGroupFull   RoutingWhy = "waits_for_group"  // overflow groups come later
)

// ExclusionReason says why an agent was no candidate: a closed set.
type ExclusionReason string

// Exclusions.
const (
	ExcludedOffline   ExclusionReason = "offline"
	ExcludedAway      ExclusionReason = "away"
	ExcludedFull      ExclusionReason = "full"
	ExcludedGroup     ExclusionReason = "not_in_group"
	ExcludedChannel   ExclusionReason = "channel_not_allowed"
	ExcludedSkill     ExclusionReason = "lacks_required_skill"
	ExcludedPreferred ExclusionReason = "lacks_preferred_skill" // for as long as it counts
	ExcludedPassed    ExclusionReason = "passed"                // declined it or let the offer time out just now
)

// RoutingCandidate is an agent who could have had the conversation, best first.
type RoutingCandidate struct {
	Agent AgentID `json:"agent_id"`
	Load  int     `json:"load"` // places taken
	// Offers are the places of Load that are kept for offers.
	Offers    int       `json:"offers,omitempty"`
	Max       int       `json:"max"`
	Preferred int       `json:"preferred,omitempty"` // preferred skills they have
	LastAt    time.Time `json:"last_at,omitzero"`    // when they last got one
	Overflow  bool      `json:"overflow,omitempty"`  // of an overflow group
	Passed    bool      `json:"passed,omitempty"`    // did not take it before
}

// RoutingExclusion is an agent who could not have it, and why.
type RoutingExclusion struct {
	Agent  AgentID         `json:"agent_id"`
	Reason ExclusionReason `json:"reason"`
	Detail string          `json:"detail,omitempty"` // for people
}

// RoutingDecision is what routing decided about a conversation and why: the
// candidates, and what excluded each of the others. It is stored with the
// commit that it led to. What became of an offer is kept in the same list, with
// the agent and without candidates.
type RoutingDecision struct {
	ID             DecisionID     `json:"id"`
	ConversationID ConversationID `json:"conversation_id"`
	At             time.Time      `json:"at"`
	Outcome        RoutingOutcome `json:"outcome"`
	Agent          AgentID        `json:"agent_id,omitempty"`
	Why            RoutingWhy     `json:"why"`
	Detail         string         `json:"detail,omitempty"` // for people
	Queue          QueueID        `json:"queue_id,omitempty"`
	QueueName      string         `json:"queue_name,omitempty"`
	Method         string         `json:"method,omitempty"`
	Mode           string         `json:"mode,omitempty"`
	QueuedAt       time.Time      `json:"queued_at,omitzero"`
	// Places is how many places the conversation takes; 0: one, or not said.
	Places int `json:"places,omitempty"`
	// Candidates and Excluded hold the first of each; the counts are of all.
	Candidates []RoutingCandidate `json:"candidates,omitempty"`
	Excluded   []RoutingExclusion `json:"excluded,omitempty"`
	Eligible   int                `json:"eligible"`
	ByReason   map[string]int     `json:"by_reason,omitempty"` // how many were excluded
}

// OfferEnd answers what became of the offer that the conversation had before,
// if it is over.
func OfferEnd(before, after Conversation) (RoutingOutcome, bool) {
	was := before.State.Offer
	switch {
	case was.Agent == "" || after.State.Offer == was:
		return "", false
	case after.State.Assignee == was.Agent:
		return OfferAccepted, true
	}
	for _, p := range after.Passes {
		if p.Agent != was.Agent || p.At.Before(was.At) {
			continue
		}
		switch p.Why {
		case PassDeclined:
			return OfferDeclined, true
		case PassTimedOut:
			return OfferTimedOut, true
		}
	}
	return OfferWithdrawn, true
}
