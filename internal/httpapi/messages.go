package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/auth"
	"threadhub/internal/directory"
	"threadhub/threads"
)

// Cursors of a list of messages hold the direction to go on in.
const (
	olderThan = "before."
	newerThan = "after."
)

// ListMessages implements GET /v1/conversations/{conversation_id}/messages.
func (s *server) ListMessages(c *gin.Context, id string, params api.ListMessagesParams) {
	ctx := c.Request.Context()
	page, err := messagePage(params)
	if err != nil {
		s.fail(c, err)
		return
	}
	conv, err := s.conversation(ctx, caller(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, more, err := s.Records.Messages(ctx, conv.ID, page)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.Media.Look(ctx, list)
	out := api.MessageList{Data: convert(list, s.messageView), NextCursor: null[string]()}
	if more && len(list) > 0 {
		next := newerThan + string(list[len(list)-1].ID)
		if page.Before != "" {
			next = olderThan + string(list[0].ID)
		}
		out.NextCursor = nextCursor(base64.RawURLEncoding.EncodeToString([]byte(next)))
	}
	s.answer(c, http.StatusOK, out)
}

func messagePage(params api.ListMessagesParams) (threads.MessagePage, error) {
	page := threads.MessagePage{
		Before: threads.MessageID(value(params.Before)), After: threads.MessageID(value(params.After)), Limit: limitOf(params.Limit),
	}
	if params.Cursor == nil {
		if page.Before != "" && page.After != "" {
			return page, invalid(fieldError{"before", "cannot be combined with after"})
		}
		return page, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(*params.Cursor)
	older, isOlder := strings.CutPrefix(string(plain), olderThan)
	newer, isNewer := strings.CutPrefix(string(plain), newerThan)
	switch {
	case err == nil && isOlder:
		page.Before, page.After = threads.MessageID(older), ""
	case err == nil && isNewer:
		page.Before, page.After = "", threads.MessageID(newer)
	default:
		return page, invalid(fieldError{"cursor", "is not a cursor of this list"})
	}
	return page, nil
}

// SendMessage implements POST /v1/conversations/{conversation_id}/messages.
func (s *server) SendMessage(c *gin.Context, id string, params api.SendMessageParams) {
	var in api.MessageDraft
	if !s.decode(c, &in) {
		return
	}
	ctx := c.Request.Context()
	conv, err := s.conversation(ctx, caller(c), id)
	if err == nil {
		err = s.useCanned(ctx, caller(c), &in, conv)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	cmd, err := s.sendCommand(c, "", in)
	if err == nil {
		err = s.quotes(ctx, "reply_to", conv.ID, cmd.ReplyTo)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	cmd.Conversation, cmd.Known = conv.ID, &conv
	if value(params.DryRun) {
		r, err := s.Conversations.Rehearse(ctx, cmd)
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerRehearsal(c, r)
		return
	}
	m, _, err := s.Conversations.Send(ctx, cmd)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusAccepted, s.messageView(m))
}

// sendCommand reads a message; field is where it stands in the body.
func (s *server) sendCommand(c *gin.Context, field string, in api.MessageDraft) (threads.SendCommand, error) {
	sizes, err := s.resolveUploads(c.Request.Context(), join(field, "attachments"), value(in.Attachments))
	if err != nil {
		return threads.SendCommand{}, err
	}
	content, err := contentOf(field, in)
	for i, size := range sizes {
		content.Attachments[i].Size = size
	}
	if err == nil {
		err = s.probe(c.Request.Context(), join(field, "attachments"), content.Attachments)
	}
	replyTo, _ := in.ReplyTo.Get() // an error only for null and absent
	return threads.SendCommand{
		Author: caller(c).Author(), Internal: value(in.Internal), Content: content, ReplyTo: threads.MessageID(replyTo),
		Metadata: value(in.Metadata), ClientKey: clientKey(c), SendAt: timeOf(in.SendAt), Bulk: value(in.Bulk),
	}, err
}

// quotes refuses to answer a message that is not one of the conversation's.
func (s *server) quotes(ctx context.Context, field string, conv threads.ConversationID, id threads.MessageID) error {
	if id == "" {
		return nil
	}
	m, err := s.Records.Message(ctx, id)
	if errors.Is(err, threads.ErrNotFound) || (err == nil && m.ConversationID != conv) {
		return invalid(fieldError{field, "there is no such message in this conversation"})
	}
	return err
}

// StartConversation implements POST /v1/conversations.
func (s *server) StartConversation(c *gin.Context, params api.StartConversationParams) {
	var in api.ConversationStart
	if !s.decode(c, &in) {
		return
	}
	ctx, p := c.Request.Context(), caller(c)
	err := s.noCanned(in.Message)
	var cmd threads.SendCommand
	if err == nil {
		cmd, err = s.sendCommand(c, "message", in.Message)
	}
	if err == nil {
		err = s.mayStart(ctx, p, threads.ChannelID(in.ChannelID), in.To)
	}
	if err == nil && (cmd.ReplyTo != "" || cmd.Internal) {
		err = invalid(fieldError{"message", "the first message can be neither a note nor an answer"})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.start(c, threads.StartCommand{Channel: threads.ChannelID(in.ChannelID), To: peer(in.To), Send: cmd}, value(params.DryRun))
}

// mayStart refuses a channel that the caller does not see, and a contact whose
// conversation on it is another group's.
func (s *server) mayStart(ctx context.Context, p auth.Principal, id threads.ChannelID, to string) error {
	ch, err := s.Channels.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) || (err == nil && !p.SeesChannel(id)) {
		return invalid(fieldError{"channel_id", "there is no such channel"})
	}
	if err != nil || len(p.Groups) == 0 {
		return err
	}
	group := ch.GroupID
	who := threads.Identity{Channel: id, Peer: peer(to)}
	owners, err := s.Records.Owners(ctx, []threads.Identity{who})
	if err != nil {
		return err
	}
	slot := threads.Slot{Channel: id, Contact: owners[who]}
	current, err := s.Records.Current(ctx, []threads.Slot{slot})
	if err != nil {
		return err
	}
	if conv, ok := current[slot]; ok && conv.State.Status != threads.StatusClosed {
		group = conv.State.Group
	}
	if !p.SeesGroup(group) {
		return problem(http.StatusForbidden, codeForbidden, "the conversation would be one of a group that the token does not see")
	}
	return nil
}

// StartFollowUp implements POST /v1/conversations/{conversation_id}/follow-up.
func (s *server) StartFollowUp(c *gin.Context, id string, params api.StartFollowUpParams) {
	var in api.FollowUp
	if !s.decode(c, &in) {
		return
	}
	ctx := c.Request.Context()
	var cmd threads.SendCommand
	conv, err := s.conversation(ctx, caller(c), id)
	if err == nil {
		err = s.useCanned(ctx, caller(c), &in.Message, conv)
	}
	if err == nil {
		cmd, err = s.sendCommand(c, "message", in.Message)
	}
	if err == nil && conv.State.Status != threads.StatusClosed {
		err = problem(http.StatusConflict, string(threads.RefusedIllegal), "the conversation is not closed: send into it")
	}
	if err == nil && (cmd.ReplyTo != "" || cmd.Internal) {
		err = invalid(fieldError{"message", "the first message can be neither a note nor an answer"})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.start(c, threads.StartCommand{FollowUpOf: conv.ID, Send: cmd}, value(params.DryRun))
}

func (s *server) start(c *gin.Context, cmd threads.StartCommand, dry bool) {
	ctx := c.Request.Context()
	if dry {
		r, err := s.Conversations.RehearseStart(ctx, cmd)
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerRehearsal(c, r)
		return
	}
	m, conv, err := s.Conversations.Start(ctx, cmd)
	if err != nil {
		s.fail(c, err)
		return
	}
	view, err := s.conversationView(ctx, conv)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusAccepted, api.Started{Conversation: view, Message: s.messageView(m)})
}
