package secondaryplus

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhoIsNotified(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"nobody":                         {"", ""},
		"addresses, with or without key": {"also_notify 192.0.2.2 [2001:db8::2]:5353\n also_notify 192.0.2.3 key KEY.example hmac-sha512", "192.0.2.2:53 [2001:db8::2]:5353 192.0.2.3:53/key.example. (hmac-sha512)"},
		"one address, given twice":       {"also_notify 192.0.2.2 192.0.2.2:53", "192.0.2.2:53"},
		"those who may transfer":         {"transfer to 192.0.2.2:5353 192.0.2.0/24 *\n transfer to 192.0.2.4 key key.example", "192.0.2.2:5353 192.0.2.4:53/key.example. (hmac-sha256)"},
		"the key for NOTIFY counts":      {"transfer to 192.0.2.2\n also_notify 192.0.2.2 key key.example", "192.0.2.2:53/key.example. (hmac-sha256)"},
		"from the source of the family":  {"source 127.0.0.2 ::1\n also_notify 192.0.2.2 2001:db8::2", "192.0.2.2:53 from 127.0.0.2 [2001:db8::2]:53 from ::1"},
	} {
		t.Run(name, func(t *testing.T) {
			configs, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n "+c.body+"\n}")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, target := range configs[0].targets() {
				text := target.Addr.String()
				if target.Key != nil {
					text += "/" + target.Key.String()
				}
				if target.Source.IsValid() {
					text += fmt.Sprint(" from ", target.Source)
				}
				got = append(got, text)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, want %s", strings.Join(got, " "), c.want)
			}
		})
	}
}

func TestAlsoNotifyThatIsWrong(t *testing.T) {
	for body, want := range map[string]string{
		"also_notify":                                                   "Testfile:3 - Error during parsing: Wrong argument count",
		"also_notify key key.example":                                   "Testfile:3 - Error during parsing: Wrong argument count",
		"also_notify 192.0.2.0/24":                                      "Testfile:3 - Error during parsing: whom to notify is an IP address with or without a port, not '192.0.2.0/24'",
		"also_notify ns2.example.org":                                   "not 'ns2.example.org'",
		"also_notify 192.0.2.2:0":                                       "not '192.0.2.2:0'",
		"also_notify 192.0.2.2 key other":                               "key 'other.' is not defined",
		"also_notify 192.0.2.2 key":                                     "a key is given as 'key NAME [ALGORITHM]'",
		"also_notify 192.0.2.2 key key.example md5":                     "unknown algorithm",
		"also_notify 192.0.2.2\n also_notify 192.0.2.2 key key.example": "Testfile:4 - Error during parsing: 192.0.2.2:53 is to be notified twice, with different keys",
	} {
		_, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n "+body+"\n}")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}
