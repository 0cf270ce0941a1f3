package threads

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"threadhub/internal/ident"
	"threadhub/normalize"
	"threadhub/threads/rules"
)

// maxRuleTags bounds the tags that rules leave on a conversation.
const maxRuleTags = 100

// ruleAuthor is a rule as the author of what it does.
func ruleAuthor(rule rules.Rule) Author {
	return Author{Type: AuthorSystem, ID: string(rule.ID), Name: rule.Name}
}

// act carries out one action. What the rules of conversations or the channel do
// not allow is an outcome; an error is the store's.
func (r *ruling) act(rule rules.Rule, index int, a rules.Action, run *RuleRun) (RuleAction, error) {
	result := RuleAction{Type: a.Type, Outcome: RuleDone}
	changed, err := true, error(nil)
	switch a.Type {
	case rules.AddTags, rules.RemoveTags:
		changed, err = r.tag(a)
	case rules.SetPriority:
		changed = r.c.Conversation.Priority != a.Value
		r.c.Conversation.Priority = a.Value
	case rules.SendMessage, rules.AddNote:
		result.MessageID, err = r.write(rule, index, a)
	case rules.CallWebhook:
		err = r.call(a, run)
	default:
		changed, err = r.decide(rule, a)
	}
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		result.Outcome, result.Detail = RuleRefused, string(refused.Code)+": "+refused.Detail
	case err != nil:
		return result, err
	case !changed:
		result.Outcome = RuleUnchanged
	}
	return result, nil
}

// tag adds or removes tags.
func (r *ruling) tag(a rules.Action) (bool, error) {
	conv := &r.c.Conversation
	var next []string
	switch a.Type {
	case rules.AddTags:
		next = slices.Clone(conv.Tags)
		for _, t := range a.Tags {
			if !slices.Contains(next, t) {
				next = append(next, t)
			}
		}
	default:
		next = slices.DeleteFunc(slices.Clone(conv.Tags), func(t string) bool { return slices.Contains(a.Tags, t) })
	}
	if len(next) == len(conv.Tags) {
		return false, nil
	}
	if len(next) > maxRuleTags && a.Type == rules.AddTags {
		return false, &RefusedError{Code: RefusedInvalid, Detail: fmt.Sprintf("the conversation would have more than %d tags: remove some first", maxRuleTags)}
	}
	conv.Tags = next
	return true, nil
}

// decide carries out an action that conversations have rules for.
func (r *ruling) decide(rule rules.Rule, a rules.Action) (bool, error) {
	conv := &r.c.Conversation
	before := conv.State
	in := Input{Actor: ruleAuthor(rule), ReceivedAt: r.now, Rule: rule.ID}
	switch a.Type {
	case rules.SetStatus:
		in.Kind, in.Status, in.Admin = InSetStatus, Status(a.Value), true
	case rules.SetStyle:
		var err error
		in.Kind = InSetStyle
		if in.Style, err = ActionStyle(a); err != nil {
			return false, &RefusedError{Code: RefusedInvalid, Detail: "the style cannot be read: write it anew in the rule"}
		}
		if before.OwnStyle && before.Style == in.Style.Name && before.Close == in.Style.Close && before.Presence == in.Style.Presence {
			return false, nil
		}
	case rules.SetAssignee:
		in.Kind, in.Assignee, in.Group = InAssign, AgentID(a.Value), before.Group
	case rules.SetGroup:
		in.Kind, in.Assignee, in.Group = InAssign, before.Assignee, GroupID(a.Value)
	default:
		return false, &RefusedError{Code: RefusedInvalid, Detail: "this version of the hub does not know the action"}
	}
	switch stands, err := r.s.Rules.Stands(r.ctx, a); {
	case err != nil:
		return false, err
	case !stands:
		return false, &RefusedError{Code: RefusedInvalid, Detail: fmt.Sprintf("%s is gone: name another in the rule", a.Value)}
	}
	effects, err := r.s.step(r.ctx, r.facts.channel, conv, in, r.now)
	if err != nil {
		return false, err
	}
	r.c.log(before.Status, effects, in.Actor, rule.ID, r.now)
	return conv.State != before, nil
}

// ActionStyle answers the style that an action sets.
func ActionStyle(a rules.Action) (Style, error) {
	var st Style
	if err := json.Unmarshal(a.Style, &st); err != nil {
		return st, fmt.Errorf("style of a rule: %w", err)
	}
	return st, nil
}

// SetStyle answers the action that sets a style.
func SetStyle(st Style) (rules.Action, error) {
	raw, err := json.Marshal(st)
	if err != nil {
		return rules.Action{}, fmt.Errorf("style of a rule: %w", err)
	}
	return rules.Action{Type: rules.SetStyle, Style: raw}, nil
}

// write adds a message to the contact, or a note. It leaves the state alone: it
// is no reply of an agent's.
func (r *ruling) write(rule rules.Rule, index int, a rules.Action) (MessageID, error) {
	conv := &r.c.Conversation
	cmd := SendCommand{
		Author: ruleAuthor(rule), Internal: a.Type == rules.AddNote,
		Content:   normalize.Message{Type: normalize.TypeText, Text: a.Text},
		ClientKey: fmt.Sprintf("rule/%s/%s/%d/%d/%d", rule.ID, conv.ID, conv.Version, index, len(r.c.Messages)),
	}
	in := Input{Kind: InNote, Actor: cmd.Author, ReceivedAt: r.now}
	if _, err := r.s.step(r.ctx, r.facts.channel, conv, in, r.now); err != nil {
		return "", err
	}
	m, err := r.s.compose(r.ctx, *conv, r.facts.channel, MessageID(ident.New("msg")), cmd, r.now)
	if err != nil {
		return "", err
	}
	conv.append(&m)
	r.c.Messages = append(r.c.Messages, m)
	if !m.Internal {
		out := delivery(*conv, m, r.now)
		out.NotAfter = notAfter(*conv, r.facts.channel, m, r.now) // it may wait in the outbox
		r.c.Deliveries = append(r.c.Deliveries, out)
	}
	return m.ID, nil
}

// call asks for a webhook to be called.
func (r *ruling) call(a rules.Action, run *RuleRun) error {
	if r.c.Conversation.Rules.Calls >= MaxRuleCalls {
		return &RefusedError{Code: RefusedInvalid, Detail: fmt.Sprintf("rules have called %d webhooks about this conversation, the most there can be", MaxRuleCalls)}
	}
	if r.dry {
		return nil
	}
	r.c.Conversation.Rules.Calls++
	run.Calls = append(run.Calls, RuleCall{URL: a.URL, State: RuleCallPending, NextAt: r.now})
	run.CallAt = r.now
	return nil
}

// ruleNews is the body of a webhook's call. Fields are added, never changed.
type ruleNews struct {
	Type      string    `json:"type"` // rule.fired
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		RunID        RuleRunID        `json:"run_id"`
		Rule         ruleNewsRule     `json:"rule"`
		Events       []rules.Event    `json:"events"`
		Conversation ruleConversation `json:"conversation"`
		Message      *ruleMessage     `json:"message"`
	} `json:"data"`
}

type ruleNewsRule struct {
	ID   rules.ID   `json:"id"`
	Name string     `json:"name"`
	Kind rules.Kind `json:"kind"`
}

type ruleConversation struct {
	ID         ConversationID `json:"id"`
	ChannelID  ChannelID      `json:"channel_id"`
	Contact    ruleContact    `json:"contact"`
	Status     Status         `json:"status"`
	Style      StyleName      `json:"style"`
	AssigneeID AgentID        `json:"assignee_id"`
	GroupID    GroupID        `json:"group_id"`
	Priority   string         `json:"priority"`
	Tags       []string       `json:"tags"`
	Subject    string         `json:"subject"`
	Version    int64          `json:"version"`
}

type ruleContact struct {
	ID         ContactID        `json:"id"`
	Name       string           `json:"name"`
	ExternalID normalize.PeerID `json:"external_id"`
}

type ruleMessage struct {
	ID        MessageID             `json:"id"`
	Direction Direction             `json:"direction"`
	Author    AuthorType            `json:"author"`
	Type      normalize.MessageType `json:"type"`
	Text      string                `json:"text"`
}

// address writes the body of the run's calls, once the rule has done what else
// it does.
func (r *ruling) address(run *RuleRun) error {
	if len(run.Calls) == 0 {
		return nil
	}
	conv := r.c.Conversation
	news := ruleNews{Type: "rule.fired", Timestamp: r.now}
	news.Data.RunID, news.Data.Events = run.ID, run.Events
	news.Data.Rule = ruleNewsRule{run.Rule, run.RuleName, run.Kind}
	news.Data.Conversation = ruleConversation{
		ID: conv.ID, ChannelID: conv.ChannelID, Contact: ruleContact{conv.Contact.ID, conv.Contact.Name, conv.Contact.ExternalID},
		Status: conv.State.Status, Style: conv.State.Style, AssigneeID: conv.State.Assignee, GroupID: conv.State.Group,
		Priority: conv.Priority, Tags: conv.Tags, Subject: conv.Subject, Version: conv.Version,
	}
	if m := r.facts.message; m != nil {
		news.Data.Message = &ruleMessage{m.ID, m.Direction, m.Author.Type, m.Content.Type, m.Content.Text}
	}
	var err error
	if run.Payload, err = json.Marshal(news); err != nil {
		return fmt.Errorf("write the body of a rule's calls: %w", err)
	}
	return nil
}
