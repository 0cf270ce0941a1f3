package threads

import (
	"context"
	"fmt"

	"threadhub/normalize"
)

// Templates answers why the platform would not take a message of a template, in
// words for whoever wrote it; empty when it would, as far as anybody knows.
type Templates interface {
	Refusal(ctx context.Context, ch ChannelID, t normalize.Template) (string, error)
}

// checkTemplate refuses a template that the platform does not have, or not with
// these parameters.
func (s *Service) checkTemplate(ctx context.Context, conv Conversation, t *normalize.Template) error {
	if t == nil || s.Templates == nil {
		return nil
	}
	why, err := s.Templates.Refusal(ctx, conv.ChannelID, *t)
	if err != nil {
		return fmt.Errorf("templates of channel %s: %w", conv.ChannelID, err)
	}
	if why != "" {
		return &RefusedError{Code: RefusedTemplate, Detail: why, Conversation: conv.ID}
	}
	return nil
}
