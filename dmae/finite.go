package dmae

import (
	"fmt"

	"github.com/godmae/godmae/nn"
)

// NotFinite says in words which parameters hold values that are no finite
// numbers, as training that diverged leaves behind; "" if there are none.
func NotFinite(p *nn.Params) string {
	first, tensors := "", 0
	for _, param := range p.All() {
		for _, v := range p.Download(param) {
			if v-v != 0 { // NaN and infinities
				if tensors++; first == "" {
					first = param.Name
				}
				break
			}
		}
	}
	switch tensors {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("its %s holds values that are not finite numbers", first)
	case 2:
		return fmt.Sprintf("its %s and another tensor hold values that are not finite numbers", first)
	}
	return fmt.Sprintf("its %s and %d other tensors hold values that are not finite numbers", first, tensors-1)
}
