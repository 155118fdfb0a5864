package models

import "github.com/fastlearn-go/fastlearn/torch/nn"

// ConvNorms are the block's own pairs; [nn.FoldBatchNorms] asks for them.
func (b *residual) ConvNorms() []nn.ConvNorm { return nn.Pairs(b.path) }

// ConvNorms is the pair before the layers.
func (m *ResNet) ConvNorms() []nn.ConvNorm { return []nn.ConvNorm{{Conv: m.Conv1, Norm: m.BN1}} }
