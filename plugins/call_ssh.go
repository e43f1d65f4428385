package plugins

import "github.com/tetratelabs/wazero/api"

// shell is a connection of a guest to an SSH server.
type shell struct{ SSH }

func (s shell) close() { _ = s.SSH.Close() } // the guest can't receive the error

var sshCalls = map[string]hostCall{
	"ssh_connect": {[]api.ValueType{i32, i32}, errnoI32, func(c *call) int64 {
		address, err := c.text(0)
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		conn, err := c.net.ConnectSSH(c.ctx, address)
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		return c.open(shell{conn}, 0)
	}},
	"ssh_info": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		s, err := at[shell](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		fact, err := s.Info(c.i32(1))
		if err != nil {
			return int64(c.fail(err))
		}
		return c.put(2, fact)
	}},
	"ssh_run": {[]api.ValueType{i32}, errnoI32, func(c *call) int64 {
		s, err := at[shell](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		status, err := s.Run(c.ctx)
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(status)
	}},
}
