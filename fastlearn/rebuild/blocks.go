package rebuild

// blocks are the classes with parts: what their forward passes do with them, one step after the other.
//
//	name    runs the part; what isn't there is an error
//	name?   runs it where it is there and not None
//	+       adds the block's input; +name adds what the part makes of the input, which is the input itself where the part is None
//	*       multiplies by the input
//	...     runs all parts in their order
//	:name   is an operation, see operations
//	&       from here on, what there is now is the block's input
//	|       ends the features of a model, see TimmBody
//
// Where a step ends with @attribute it is done if that is True, with !attribute if it is False. Parts and parameters that no step uses are an error:
// another version of the class may use them.
var blocks = map[string]string{
	"torch:container.Sequential":         "...",
	"torch:container.ModuleList":         "...", // in what calls its parts in their order
	"fastai:layers.ConvLayer":            "...",
	"fastai:layers.LinBnDrop":            "...",
	"fastai:xresnet.XResNet":             "...",
	"fastai:layers.ResBlock":             "convpath +idpath act",
	"fastai:layers.SequentialEx":         ":merging",
	"fastai:layers.AdaptiveConcatPool2d": ":concat_pool",
	"fastai:learner.TimmBody":            ":features@needs_pool model!needs_pool",

	"torchvision:resnet.BasicBlock":            "conv1 bn1 relu conv2 bn2 +downsample relu",
	"torchvision:resnet.Bottleneck":            "conv1 bn1 relu conv2 bn2 relu conv3 bn3 +downsample relu",
	"torchvision:resnet.ResNet":                "conv1 bn1 relu maxpool layer1 layer2 layer3 layer4 avgpool :flatten fc",
	"torchvision:alexnet.AlexNet":              "features avgpool :flatten classifier",
	"torchvision:vgg.VGG":                      "features avgpool :flatten classifier",
	"torchvision:efficientnet.EfficientNet":    "features avgpool :flatten classifier",
	"torchvision:mobilenetv2.MobileNetV2":      "features :mean :flatten classifier",
	"torchvision:mobilenetv3.MobileNetV3":      "features avgpool :flatten classifier",
	"torchvision:convnext.ConvNeXt":            "features avgpool classifier",
	"torchvision:misc.Conv2dNormActivation":    "...",
	"torchvision:misc.ConvNormActivation":      "...",
	"torchvision:misc.SqueezeExcitation":       "avgpool fc1 activation fc2 scale_activation *",
	"torchvision:efficientnet.MBConv":          "block stochastic_depth@use_res_connect +@use_res_connect",
	"torchvision:efficientnet.FusedMBConv":     "block stochastic_depth@use_res_connect +@use_res_connect",
	"torchvision:mobilenetv2.InvertedResidual": "conv +@use_res_connect",
	"torchvision:mobilenetv3.InvertedResidual": "block +@use_res_connect",
	"torchvision:convnext.CNBlock":             "block :layer_scale stochastic_depth +",

	"torchvision:densenet.DenseNet":                         "features :relu :mean :flatten classifier",
	"torchvision:densenet._DenseBlock":                      ":dense",
	"torchvision:densenet._DenseLayer":                      "norm1 relu1 conv1 norm2 relu2 conv2",
	"torchvision:densenet._Transition":                      "...",
	"torchvision:misc.MLP":                                  "...",
	"torch:activation.MultiheadAttention":                   ":self_attention",
	"torchvision:vision_transformer.VisionTransformer":      "conv_proj :class_token encoder :first heads",
	"torchvision:vision_transformer.Encoder":                ":positions dropout layers ln",
	"torchvision:vision_transformer.EncoderBlock":           "ln_1 self_attention dropout + & ln_2 mlp +",
	"torchvision:vision_transformer.MLPBlock":               "...",
	"torchvision:swin_transformer.SwinTransformer":          "features norm permute avgpool flatten head",
	"torchvision:swin_transformer.SwinTransformerBlock":     "norm1 attn stochastic_depth + & norm2 mlp stochastic_depth +",
	"torchvision:swin_transformer.SwinTransformerBlockV2":   "attn norm1 stochastic_depth + & mlp norm2 stochastic_depth +",
	"torchvision:swin_transformer.PatchMerging":             ":join norm reduction",
	"torchvision:swin_transformer.PatchMergingV2":           ":join reduction norm",
	"torchvision:swin_transformer.ShiftedWindowAttention":   ":windows",
	"torchvision:swin_transformer.ShiftedWindowAttentionV2": ":windows",

	"timm:densenet.DenseNet":                     "features | global_pool head_drop? classifier",
	"timm:densenet.DenseBlock":                   ":dense",
	"timm:densenet.DenseLayer":                   "norm1 conv1 norm2 conv2",
	"timm:densenet.DenseTransition":              "...",
	"timm:vision_transformer.VisionTransformer":  "patch_embed :tokens pos_drop patch_drop? norm_pre? blocks norm | :token_pool fc_norm? pre_logits? head_drop? head",
	"timm:vision_transformer.Block":              "norm1 attn ls1? drop_path? drop_path1? + & norm2 mlp ls2? drop_path? drop_path2? +",
	"timm:vision_transformer.Attention":          ":attention",
	"timm:attention.Attention":                   ":attention",
	"timm:vision_transformer.LayerScale":         ":scale",
	"timm:layer_scale.LayerScale":                ":scale",
	"timm:patch_embed.PatchEmbed":                "proj :patches norm",
	"timm:swin_transformer.SwinTransformer":      "patch_embed layers norm | head",
	"timm:swin_transformer.SwinTransformerStage": "downsample blocks",
	"timm:swin_transformer.SwinTransformerBlock": "norm1 :own_windows drop_path1 + & norm2 mlp drop_path2 +",
	"timm:swin_transformer.PatchMerging":         ":join norm reduction",
	"timm:swin_transformer.WindowAttention":      ":within_windows",

	"timm:norm_act.BatchNormAct2d":                    ":batch_norm drop act",
	"timm:conv_bn_act.ConvNormAct":                    "conv bn aa?",
	"timm:squeeze_excite.SEModule":                    ":mean fc1 bn act fc2 gate *",
	"timm:adaptive_avgmax_pool.SelectAdaptivePool2d":  "pool flatten",
	"timm:classifier.ClassifierHead":                  "global_pool drop fc flatten",
	"timm:classifier.NormMlpClassifierHead":           "global_pool norm flatten pre_logits drop fc",
	"timm:mlp.Mlp":                                    "fc1 act drop1 norm? fc2 drop2",
	"timm:mlp.GlobalResponseNormMlp":                  "fc1 act drop1 grn fc2 drop2",
	"timm:grn.GlobalResponseNorm":                     ":grn",
	"timm:resnet.ResNet":                              "conv1 bn1 act1 maxpool layer1 layer2 layer3 layer4 | global_pool fc",
	"timm:resnet.BasicBlock":                          "conv1 bn1 drop_block act1 aa? conv2 bn2 se? drop_path? +downsample act2",
	"timm:resnet.Bottleneck":                          "conv1 bn1 act1 conv2 bn2 drop_block act2 aa? conv3 bn3 se? drop_path? +downsample act3",
	"timm:convnext.ConvNeXt":                          "stem stages norm_pre | head",
	"timm:convnext.ConvNeXtStage":                     "downsample blocks",
	"timm:convnext.Downsample":                        "pool conv",
	"timm:convnext.ConvNeXtBlock":                     "conv_dw :channels_last!use_conv_mlp norm mlp :channels_first!use_conv_mlp :gamma drop_path +shortcut",
	"timm:efficientnet.EfficientNet":                  "conv_stem bn1 blocks conv_head bn2 | global_pool classifier",
	"timm:mobilenetv3.MobileNetV3":                    "conv_stem bn1 blocks | global_pool conv_head norm_head act2 flatten classifier",
	"timm:efficientnet_blocks.SqueezeExcite":          ":mean conv_reduce act1 conv_expand gate *",
	"timm:efficientnet_blocks.ConvBnAct":              "conv bn1 aa drop_path@has_skip +@has_skip",
	"timm:efficientnet_blocks.DepthwiseSeparableConv": "conv_s2d? bn_s2d? conv_dw bn1 aa se conv_pw bn2 drop_path@has_skip +@has_skip",
	"timm:efficientnet_blocks.InvertedResidual":       "conv_s2d? bn_s2d? conv_pw bn1 conv_dw bn2 aa se conv_pwl bn3 drop_path@has_skip +@has_skip",
	"timm:efficientnet_blocks.EdgeResidual":           "conv_exp bn1 aa se conv_pwl bn2 drop_path@has_skip +@has_skip",
}

// demands are settings that a class's steps are right for; another is an error.
var demands = map[string]map[string]any{
	"timm:squeeze_excite.SEModule":               {"add_maxpool": false},
	"timm:swin_transformer.SwinTransformerBlock": {"always_partition": false, "dynamic_mask": false},
}
