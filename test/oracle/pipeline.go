package oracle

import (
	"fmt"
	"time"

	"github.com/miekg/dns"
)

// window bounds the queries that are under way on one connection.
const window = 64

// askAll asks all questions over pipelined TCP connections and returns the
// answers in the order of the questions. A connection that the server ends is
// replaced as long as each makes progress.
func askAll(addr string, questions []Question) []*Answer {
	answers := make([]*Answer, len(questions))
	for open := len(questions); open > 0; {
		err := askSome(addr, questions, answers)
		left := 0
		for _, a := range answers {
			if a == nil {
				left++
			}
		}
		if left == open {
			giveUp(answers, err)
			break
		}
		open = left
	}
	return answers
}

// giveUp blames the first unanswered question and lets the others share it.
func giveUp(answers []*Answer, err error) {
	for i, a := range answers {
		if a == nil {
			answers[i] = &Answer{Problem: fmt.Sprintf("no answer: %v", err)}
		}
	}
}

// askSome asks on one connection what has no answer yet.
func askSome(addr string, questions []Question, answers []*Answer) error {
	conn, err := dns.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	slots := make(chan struct{}, window)
	broken := make(chan struct{})
	defer close(broken)
	todo := unanswered(answers)
	go func() {
		for id, i := range todo {
			select {
			case slots <- struct{}{}:
			case <-broken:
				return
			}
			if conn.WriteMsg(questions[i].message(uint16(id))) != nil {
				return
			}
		}
	}()
	for range todo {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		raw, err := conn.ReadMsgHeader(nil)
		if err != nil {
			return err
		}
		<-slots
		if err := place(raw, todo, questions, answers); err != nil {
			return err
		}
	}
	return nil
}

// unanswered are the places of questions without an answer, at most as many
// as there are message IDs.
func unanswered(answers []*Answer) []int {
	var todo []int
	for i, a := range answers {
		if a == nil && len(todo) < 1<<16 {
			todo = append(todo, i)
		}
	}
	return todo
}

// place files a reply under the question of its ID.
func place(raw []byte, todo []int, questions []Question, answers []*Answer) error {
	if len(raw) < 12 {
		return fmt.Errorf("a message of %d octets", len(raw))
	}
	id := int(raw[0])<<8 | int(raw[1])
	if id >= len(todo) || answers[todo[id]] != nil {
		return fmt.Errorf("message ID %d was not asked", id)
	}
	answers[todo[id]] = understand(raw, questions[todo[id]])
	return nil
}

// understand unpacks a reply and checks that it is one to the question.
func understand(raw []byte, q Question) *Answer {
	m := new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		return &Answer{Problem: "malformed: " + err.Error()}
	}
	if !m.Response || m.RecursionAvailable || m.AuthenticatedData {
		return &Answer{Problem: fmt.Sprintf("header: %v", m.MsgHdr)}
	}
	if len(m.Question) != 1 || fold(m.Question[0].Name) != fold(q.Name) || m.Question[0].Qtype != q.Type {
		return &Answer{Problem: fmt.Sprintf("question: %v", m.Question)}
	}
	return normalise(m)
}
