package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
)

// ErrKeyGiven refuses to make another master key where the configuration says
// what it is.
var ErrKeyGiven = errors.New("the master key is given by the configuration")

// RekeyResult is what became of the stored secrets.
type RekeyResult struct {
	Key      string // names the key that they are sealed with
	Resealed int    // how many were sealed with another
}

// Keys replaces the master key.
type Keys interface {
	Rekey(ctx context.Context, generate bool) (RekeyResult, error)
}

// Rekey implements POST /v1/rekey.
func (s *server) Rekey(c *gin.Context, _ api.RekeyParams) {
	if !s.unlimited(c) {
		return
	}
	var in api.RekeyJSONBody
	if !s.decode(c, &in) {
		return
	}
	result, err := s.Keys.Rekey(c.Request.Context(), value(in.Generate))
	if errors.Is(err, ErrKeyGiven) {
		err = invalid(fieldError{"generate", "the key comes from THREADHUB_MASTER_KEY or its file: put the new key before the old one there (new,old), start again, and call this without generate"})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, map[string]any{"key": result.Key, "resealed": result.Resealed})
}
