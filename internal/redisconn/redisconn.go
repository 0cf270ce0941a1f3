// Package redisconn reads the address of Redis, which may be one server, a
// primary that Sentinel watches, or a cluster.
package redisconn

import (
	"errors"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limits bound what a command waits for.
type Limits struct {
	Dial, Read, Write, Pool time.Duration
	// Context lets a command's context end it.
	Context bool
}

// errAddress does not repeat the address, which may hold a password.
var errAddress = errors.New("the Redis URL cannot be read: want redis://[user:password@]host:port/db, rediss://… or unix://…; " +
	"with ?master_name=NAME&addr=host:port for Sentinel, with ?cluster=true&addr=host:port for a cluster")

// Open answers a client, which dials when it is first used and tries no command
// twice: one that timed out may have been carried out.
//
// The host is the server; with the parameter master_name it is a Sentinel, with
// cluster=true a node of a cluster, and every addr is another. User and
// password are the servers'; sentinel_username and sentinel_password those of
// Sentinel.
func Open(address string, l Limits) (redis.UniversalClient, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errAddress
	}
	query := u.Query()
	o := redis.UniversalOptions{
		MasterName: query.Get("master_name"), IsClusterMode: query.Get("cluster") == "true",
		SentinelUsername: query.Get("sentinel_username"), SentinelPassword: query.Get("sentinel_password"),
	}
	more := query["addr"]
	for _, name := range []string{"master_name", "cluster", "sentinel_username", "sentinel_password", "addr"} {
		query.Del(name)
	}
	u.RawQuery = query.Encode()
	one, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, errAddress
	}
	one.DialTimeout, one.ReadTimeout, one.WriteTimeout, one.PoolTimeout = l.Dial, l.Read, l.Write, l.Pool
	one.ContextTimeoutEnabled, one.MaxRetries = l.Context, -1
	switch {
	case o.MasterName != "" && o.IsClusterMode:
		return nil, errors.New("the Redis URL has both master_name and cluster: Sentinel watches no cluster, keep one of them")
	case o.MasterName == "" && !o.IsClusterMode:
		if len(more) > 0 {
			return nil, errors.New("the Redis URL has several addresses and says neither master_name=NAME nor cluster=true")
		}
		return redis.NewClient(one), nil
	case o.IsClusterMode && one.DB != 0:
		return nil, errors.New("the Redis URL names a database: a cluster has only database 0")
	}
	o.Addrs = append([]string{one.Addr}, more...)
	o.Username, o.Password, o.DB, o.TLSConfig = one.Username, one.Password, one.DB, one.TLSConfig
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // each server has its own
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = l.Dial, l.Read, l.Write, l.Pool
	o.ContextTimeoutEnabled, o.MaxRetries = l.Context, -1
	return redis.NewUniversalClient(&o), nil
}
