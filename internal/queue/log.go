package queue

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// asynqLog writes what asynq has to say. Its news of starting and stopping are
// of interest to nobody but a developer.
type asynqLog struct{ logger *slog.Logger }

// Debug implements asynq.Logger.
func (l asynqLog) Debug(args ...any) { l.logger.Debug(fmt.Sprint(args...)) }

// Info implements asynq.Logger.
func (l asynqLog) Info(args ...any) { l.logger.Debug(fmt.Sprint(args...)) }

// Warn implements asynq.Logger.
func (l asynqLog) Warn(args ...any) { l.logger.Warn(fmt.Sprint(args...)) }

// Error implements asynq.Logger.
func (l asynqLog) Error(args ...any) { l.logger.Error(fmt.Sprint(args...)) }

// Fatal implements asynq.Logger. It does not end the process: that is not a
// library's decision.
func (l asynqLog) Fatal(args ...any) { l.logger.Error(fmt.Sprint(args...)) }

// sparse logs a message at most once in a while, with the number of those left
// out in between.
type sparse struct {
	logger *slog.Logger
	every  time.Duration

	mu   sync.Mutex
	last map[string]time.Time
	left map[string]int
}

func newSparse(logger *slog.Logger, every time.Duration) *sparse {
	return &sparse{logger: logger, every: every, last: map[string]time.Time{}, left: map[string]int{}}
}

// warn logs msg, one of a few fixed texts.
func (s *sparse) warn(msg string, args ...any) {
	s.mu.Lock()
	now := time.Now()
	if now.Sub(s.last[msg]) < s.every {
		s.left[msg]++
		s.mu.Unlock()
		return
	}
	left := s.left[msg]
	s.last[msg], s.left[msg] = now, 0
	s.mu.Unlock()
	s.logger.Warn(msg, append(args, "left_out", left)...)
}
