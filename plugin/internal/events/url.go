package events

import (
	"errors"
	"net/url"
	"strconv"
)

// Why a text is no URL of a sink. None of them repeats the text: it may contain a password, where one does not
// look for it.
var (
	ErrURL      = errors.New("not a URL")
	ErrScheme   = errors.New("the URL must begin with http:// or https://")
	ErrHost     = errors.New("the URL names no host")
	ErrPort     = errors.New("the port of the URL must be between 1 and 65535")
	ErrFragment = errors.New("the URL must have no fragment (#)")
)

// ParseURL reads the URL of a sink: http or https, with a host. A user and a password in it are for basic
// authentication. The error is one of ErrURL, ErrScheme, ErrHost, ErrPort and ErrFragment.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, ErrURL
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, ErrScheme
	case u.Hostname() == "":
		return nil, ErrHost
	case !validPort(u.Port()):
		return nil, ErrPort
	case u.Fragment != "":
		return nil, ErrFragment
	}
	return u, nil
}

func validPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && port > 0
}
