//! What Burn asks of a module: parameters in the net's order, under the net's names.

use super::Model;
use burn::module::{Devices, Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

const CONTAINER: &str = "Struct:Model";

impl Model {
    fn map_params(mut self, f: impl FnMut(Param<Tensor<4>>) -> Param<Tensor<4>>) -> Self {
        self.params = self.params.into_iter().map(f).collect();
        self
    }
}

impl Module for Model {
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.params.iter().fold(devices, |devices, param| param.collect_devices(devices))
    }

    fn fork(self, device: &Device) -> Self {
        self.map_params(|param| param.fork(device))
    }

    fn to_device(self, device: &Device) -> Self {
        self.map_params(|param| param.to_device(device))
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        for (declared, param) in self.net.params.iter().zip(&self.params) {
            visitor.enter_module(&declared.name, CONTAINER);
            param.visit(visitor);
            visitor.exit_module(&declared.name, CONTAINER);
        }
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let net = self.net.clone();
        let mut declared = net.params.iter();
        self.map_params(|param| {
            let name = declared.next().map_or("", |declared| &declared.name);
            mapper.enter_module(name, CONTAINER);
            let param = Module::map(param, mapper);
            mapper.exit_module(name, CONTAINER);
            param
        })
    }

    fn materialize(self) -> Self {
        self.map_params(Module::materialize)
    }

    fn valid(&self) -> Self {
        let params = self.params.iter().map(Module::valid).collect();
        Self { params, ..self.clone() }
    }

    fn train(self) -> Self {
        self.map_params(Module::train)
    }
}
