package threads

import "context"

// Typing tells whoever watches the conversation that somebody is writing in it.
// Nothing is kept of it. A closed conversation refuses it, as it would refuse
// what is being written.
func (s *Service) Typing(ctx context.Context, conv Conversation, by Author) error {
	if conv.State.Status == StatusClosed {
		return &RefusedError{Code: RefusedClosed, Detail: closedDetail, Conversation: conv.ID}
	}
	s.tell(ctx, Notice{Type: NoticeTyping, At: s.now(), Conversation: &conv, Author: &by})
	return nil
}
